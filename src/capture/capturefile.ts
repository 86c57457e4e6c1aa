import { open } from 'node:fs/promises'
import type { CapturedFrame } from '../core/arp.ts'
import type { InterfaceAddress } from '../core/host.ts'
import type { Mac } from '../core/mac.ts'
import { cannotRead, noSuchInterface, nothingToJudge, severalInterfaces } from './fileerrors.ts'
import { openFold, type Fold } from './fold.ts'
import type { FileFrame, FileInterface, FileProblem } from './fileformat.ts'
import { CaptureFileReader } from './pcapfile.ts'

/** What a capture file holds of one interface. */
export interface CaptureFile {
  readonly path: string
  /** By the file's own word, or the caller's; null where neither names it. */
  readonly interface: string | null
  /** What the file says of this interface; null, or empty, where it does not. */
  readonly mac: Mac | null
  readonly addresses: readonly InterfaceAddress[]
  readonly comment: string | null
  /** ARP frames in the order of their stamps, or of the file where one has none. */
  readonly frames: readonly CapturedFrame[]
  /** Frames that were dropped while the file was captured; null where the file does not say. */
  readonly drops: number | null
  /** When the capture ended; null where the file does not say. */
  readonly endNs: bigint | null
  /** Frames set aside, by reason. */
  readonly ignored: Readonly<Record<string, number>>
  /** Why the file was not read to its end: silence in the part that was read proves nothing. Null: all of it was. */
  readonly problem: FileProblem | 'too-many-frames' | 'too-large' | null
}

export interface ReadOptions {
  /** Which interface of a pcapng file; needed only where several hold ARP. */
  readonly interface?: string
  /** The file is open, and none of it has been read. */
  readonly onOpened?: () => void
  readonly signal?: AbortSignal
}

/** A million ARP frames take about 350 MB of memory; three passes over a /16 where all answer are 400,000. */
const MAX_ARP_FRAMES = 1_000_000
/** About 20 s of reading. */
const MAX_FILE_BYTES = 4 * 2 ** 30
const PIECE_BYTES = 1 << 20
/** Room before a piece for the end of the one before it. */
const HEADROOM_BYTES = 1 << 16
const POOL_BYTES = 1 << 16
/** An ARP frame with padding and a VLAN tag. */
const KEPT_BYTES = 128

/**
 * Reads the ARP frames of a pcap or pcapng file (`-`: standard input), in pieces. A file that is cut off gives the
 * frames so far. Throws an ArpcheckError `bad-capture-file` where there is nothing to judge, `usage` where it must
 * be told which interface is meant, and the reason of an abort.
 */
export async function readCaptureFile(path: string, options: ReadOptions = {}): Promise<CaptureFile> {
  const kept = new ArpFrames(openFold(MAX_ARP_FRAMES))
  const reader = new CaptureFileReader(kept.fold ?? undefined)
  const end = await readPieces(path, options, (piece, headroom) => {
    const isRoom = kept.keep(reader.push(piece, headroom))
    return isRoom ? reader.problem : 'too-many-frames'
  })
  if (end === null) reader.end()
  kept.end()
  const problem = end ?? reader.problem
  const ignored = Object.fromEntries([...reader.ignored, ...kept.ignored])
  if (kept.frames.length === 0) throw nothingToJudge(path, problem, ignored)
  const { name, indexes } = chooseInterface(path, kept.frames, reader.interfaces, options.interface)
  const frames = inOrder(kept.frames.filter((frame) => indexes.has(frame.interface)))
  const told = joined([...indexes].map((index) => reader.interfaces[index]!))
  const endNs = plausibleEnd(told.endNs, frames)
  return { path, interface: name, ...told, endNs, frames, ignored, problem }
}

/**
 * Hands a file over piece by piece until `take` names a reason to stop; null: it was read to its end. The next piece is
 * read meanwhile, into another of three buffers: `take` may keep the end of a piece until it has had the next one.
 */
async function readPieces(
  path: string,
  { signal, onOpened }: ReadOptions,
  take: (piece: Uint8Array, headroom: number) => CaptureFile['problem'],
): Promise<CaptureFile['problem']> {
  const failed = (cause: unknown): never => {
    throw cannotRead(path, cause)
  }
  const file = await open(path === '-' ? '/dev/stdin' : path).catch(failed)
  const buffers = Array.from({ length: 3 }, () => new Uint8Array(HEADROOM_BYTES + PIECE_BYTES))
  const readInto = (turn: number) => {
    const reading = file.read(buffers[turn % buffers.length]!, HEADROOM_BYTES, PIECE_BYTES).catch(failed)
    // whoever stops early does not wait for it
    reading.catch(() => {})
    return reading
  }
  try {
    onOpened?.()
    // a pipe may have no more to give for long: it is read when it is asked
    const isAhead = (await file.stat()).isFile()
    let next = isAhead ? readInto(0) : null
    for (let [read, turn] = [0, 0]; read <= MAX_FILE_BYTES; turn++) {
      signal?.throwIfAborted()
      const { bytesRead, buffer } = await (next ?? readInto(turn))
      if (bytesRead === 0) return null
      if (isAhead) next = readInto(turn + 1)
      const problem = take(buffer.subarray(HEADROOM_BYTES, HEADROOM_BYTES + bytesRead), HEADROOM_BYTES)
      if (problem) return problem
      read += bytesRead
    }
    return 'too-large'
  } finally {
    await file.close()
  }
}

/** Copies of the ARP frames among those that a reader finds, and those that were folded: its pieces need not stay. */
class ArpFrames {
  frames: FileFrame[] = []
  readonly ignored = new Map<string, number>()
  readonly fold: Fold | null
  #pool = new Uint8Array(0)

  constructor(fold: Fold | null) {
    this.fold = fold
  }

  /** False when there was no room for all of them. */
  keep(found: readonly FileFrame[]): boolean {
    const arp = found.filter(({ bytes }) => isArp(bytes))
    const room = MAX_ARP_FRAMES - this.frames.length - (this.fold?.count() ?? 0)
    for (const frame of arp.slice(0, room))
      this.frames.push({ ...frame, bytes: this.#copy(frame.bytes.subarray(0, KEPT_BYTES)) })
    this.#ignore(found.length - arp.length)
    return arp.length <= room
  }

  /** The file is over. */
  end(): void {
    if (!this.fold) return
    // what was folded lies before what was handed back, where stamps do not say so
    this.frames = [...this.fold.frames(), ...this.frames]
    this.#ignore(this.fold.others())
  }

  #ignore(others: number): void {
    if (others > 0) this.ignored.set('not-arp', (this.ignored.get('not-arp') ?? 0) + others)
  }

  #copy(bytes: Uint8Array): Uint8Array {
    if (this.#pool.length < bytes.length) this.#pool = new Uint8Array(POOL_BYTES)
    const copy = this.#pool.subarray(0, bytes.length)
    copy.set(bytes)
    this.#pool = this.#pool.subarray(bytes.length)
    return copy
  }
}

/** By the Ethernet type alone, behind a VLAN tag too: the decoder judges the rest. */
function isArp(bytes: Uint8Array): boolean {
  const at = bytes[12] === 0x81 && bytes[13] === 0x00 ? 16 : 12
  return bytes[at] === 0x08 && bytes[at + 1] === 0x06
}

/** Frames of two segments in one judgement would be nonsense. */
function chooseInterface(
  path: string,
  frames: readonly FileFrame[],
  interfaces: readonly FileInterface[],
  wanted: string | undefined,
): { readonly name: string | null; readonly indexes: ReadonlySet<number> } {
  const heard = [...new Set(frames.map((frame) => frame.interface))]
  const labelOf = (index: number) => interfaces[index]!.name ?? String(index)
  const labels = [...new Set(heard.map(labelOf))]
  if (heard.length === 1 && interfaces[heard[0]!]!.name === null)
    return { name: wanted ?? null, indexes: new Set(heard) }
  if (wanted === undefined && labels.length > 1) throw severalInterfaces(path, labels)
  const name = wanted ?? labels[0]!
  const indexes = new Set(heard.filter((index) => labelOf(index) === name))
  if (indexes.size === 0) throw noSuchInterface(path, name, labels)
  return { name, indexes }
}

/** A capture from several queues may be out of step by microseconds. */
function inOrder(frames: readonly CapturedFrame[]): readonly CapturedFrame[] {
  if (frames.some(({ atNs }) => atNs === null) || isInOrder(frames)) return frames
  return frames.toSorted((a, b) => (a.atNs! < b.atNs! ? -1 : a.atNs! > b.atNs! ? 1 : 0))
}

function isInOrder(frames: readonly CapturedFrame[]): boolean {
  return frames.every(({ atNs }, i) => i === 0 || frames[i - 1]!.atNs! <= atNs!)
}

/** One interface, which a file of several sections describes in each. */
function joined(
  parts: readonly FileInterface[],
): Pick<CaptureFile, 'mac' | 'addresses' | 'comment' | 'drops' | 'endNs'> {
  const { mac, addresses, comment } = parts.at(-1)!
  const drops = known(parts.map((entry) => entry.drops))
  const ends = known(parts.map((entry) => entry.endNs))
  return {
    mac,
    addresses,
    comment,
    drops: drops && drops.reduce((sum, value) => sum + value, 0),
    endNs: ends && ends.reduce((latest, value) => (value > latest ? value : latest)),
  }
}

/** dumpcap counts the end in microseconds, whatever the interface's units: one before the frames is none. */
function plausibleEnd(endNs: bigint | null, [first]: readonly CapturedFrame[]): bigint | null {
  const beginNs = first?.atNs ?? null
  return endNs !== null && beginNs !== null && endNs >= beginNs ? endNs : null
}

/** Null where one is missing. */
function known<T>(values: readonly (T | null)[]): T[] | null {
  const found = values.filter((value) => value !== null)
  return found.length === values.length ? found : null
}
