import type { CapturedFrame } from '../core/arp.ts'
import type { FileFrame } from './fileformat.ts'
import type { TakeInPlace } from '../core/inplace.ts'

// What the addon drains: records of a fixed size, one behind the other, in the machine's byte order (native/README.md).
//
//   0 atNs u64 8 lastNs u64 16 frames u32 20 wireLength u32 24 capturedLength u16 26 known u16 28 interface u32
//   32 bytes
export const RECORD_HEADER_BYTES = 32
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** The frames of `records`, oldest first. Where several were folded, the first that was news and the last are told. */
export function framesIn(records: Uint8Array, recordBytes: number): FileFrame[] {
  const view = viewOf(records)
  const frames: FileFrame[] = []
  let folded = false
  for (let at = 0; at < records.byteLength; at += recordBytes) {
    const count = view.getUint32(at + 16, LITTLE_ENDIAN)
    const isNews = view.getUint16(at + 26, LITTLE_ENDIAN) === 0
    if (count === 1 || isNews) frames.push(new RecordedFrame(view, at, at, 1))
    if (count === 1) continue
    frames.push(new RecordedFrame(view, at, at + 8, isNews ? count - 1 : count))
    folded = true
  }
  return folded ? frames.sort(byStamp) : frames
}

/** As `framesIn`, where most frames are taken as they lie; returns how many. */
export function takeRecords(
  records: Uint8Array,
  recordBytes: number,
  take: TakeInPlace,
  hear: (frame: CapturedFrame) => void,
): number {
  const words = new Int32Array(records.buffer, records.byteOffset, records.byteLength >> 2)
  const recordWords = recordBytes >> 2
  if (!LITTLE_ENDIAN || recordBytes % 4 !== 0 || isFolded(words, recordWords)) {
    for (const frame of framesIn(records, recordBytes)) hear(frame)
    return 0
  }
  let taken = 0
  let view: DataView | undefined
  for (let at = 0; at < words.length; at += recordWords) {
    const [low, high] = [words[at]! >>> 0, words[at + 1]! >>> 0]
    if (take(words, at + HEADER_WORDS, words[at + 6]! & 0xffff, words[at + 5]! >>> 0, high, low)) taken++
    else hear(new RecordedFrame((view ??= viewOf(records)), 4 * at, 4 * at, 1))
  }
  return taken
}

const HEADER_WORDS = RECORD_HEADER_BYTES / 4

/** Whether one of them stands for several: those have an order of their own. */
function isFolded(words: Int32Array, recordWords: number): boolean {
  for (let at = 4; at < words.length; at += recordWords) if (words[at] !== 1) return true
  return false
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

/** Reads its record when it is asked: most of what is drained in a flood is never looked at twice. */
class RecordedFrame implements FileFrame {
  readonly frames: number
  readonly #view: DataView
  readonly #at: number
  readonly #stampAt: number

  constructor(view: DataView, at: number, stampAt: number, frames: number) {
    this.#view = view
    this.#at = at
    this.#stampAt = stampAt
    this.frames = frames
  }

  get bytes(): Uint8Array {
    const view = this.#view
    const start = view.byteOffset + this.#at + RECORD_HEADER_BYTES
    return new Uint8Array(view.buffer, start, view.getUint16(this.#at + 24, LITTLE_ENDIAN))
  }

  get wireLength(): number {
    return this.#view.getUint32(this.#at + 20, LITTLE_ENDIAN)
  }

  /** Of a file; 0 where it was captured live. */
  get interface(): number {
    return this.#view.getUint32(this.#at + 28, LITTLE_ENDIAN)
  }

  get atNs(): bigint {
    return this.#view.getBigUint64(this.#stampAt, LITTLE_ENDIAN)
  }
}

/** What was folded into an older record may be newer than others behind it. */
function byStamp(a: CapturedFrame, b: CapturedFrame): number {
  return Number(a.atNs! - b.atNs!)
}
