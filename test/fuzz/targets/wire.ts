import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CaptureFileReader } from '../../../src/capture/pcapfile.ts'
import { decodeArp, encodeArp } from '../../../src/core/arp.ts'
import { readNote } from '../../../src/core/note.ts'
import { evidenceOf, hear, openRound } from '../../../src/core/round.ts'
import { arpSockets, socketInode } from '../../../src/host/listeners.ts'
import { readDump, type NetlinkMessage } from '../../../src/host/netlink.ts'
import { gatewaysIn, linkNamesIn, neighboursIn } from '../../../src/host/procnet.ts'
import { decodeAddress, decodeGateways, decodeLink, decodeNeighbour } from '../../../src/host/rtnetlink.ts'
import { sequenceOf } from '../../../src/icmp/packet.ts'
import { ip, mac, OWN_MAC } from '../../helpers/segment.ts'
import { piecesOf, promise, type Target } from '../target.ts'

const [VIP, OWN_IP] = [ip('192.168.1.60'), ip('192.168.1.13')]
const QUESTION = {
  op: 'who-has',
  ethDst: mac('ff:ff:ff:ff:ff:ff'),
  ethSrc: OWN_MAC,
  sha: OWN_MAC,
  spa: OWN_IP,
  tha: mac('00:00:00:00:00:00'),
  tpa: VIP,
} as const

/** One frame, into a round that has asked. What is taken as an answer must have been one to our question. */
export const arp: Target = {
  name: 'arp',
  seeds: () => [encodeArp(QUESTION)],
  tokens: ['\x81\x00', '\x88\xa8', '\x08\x06', '\x00\x01\x08\x00\x06\x04', '\xff\xff\xff\xff\xff\xff'],
  run(bytes) {
    const frame = decodeArp(bytes)
    const round = openRound({ mac: OWN_MAC, senders: new Map([[VIP, OWN_IP]]), timeoutNs: 10n })
    for (const heard of [encodeArp(QUESTION), bytes]) hear(round, { bytes: heard, wireLength: 60, atNs: 1n })
    const { answers } = evidenceOf(round, VIP)
    if (typeof frame === 'string') {
      promise(answers.length === 0, 'a frame that was set aside is evidence')
      return [frame, ...round.ignored.keys()].join()
    }
    promise(
      answers.length === 0 || (frame.op === 'reply' && frame.ethDst === OWN_MAC && frame.spa === VIP),
      'evidence that is no reply to our question',
    )
    return [frame.op, answers.length, ...round.ignored.keys()].join()
  },
}

/** A file in one piece and in many must read alike, and its frames lie within it. */
export const captureFile: Target = {
  name: 'capture-file',
  seeds: () => filesIn('test/fixtures/captures'),
  tokens: [
    '\xa1\xb2\xc3\xd4',
    '\x4d\x3c\xb2\xa1',
    '\x0a\x0d\x0d\x0a',
    '\x4d\x3c\x2b\x1a',
    '\x01\x00\x00\x00',
    '\x06\x00\x00\x00',
    '\x05\x00\x00\x00',
    '\x09\x00\x01\x00',
    'arpcheck.io/v1 {"node":"a"}',
  ],
  run(bytes) {
    const [whole, cut] = [read([bytes]), read(piecesOf(bytes))]
    promise(whole.told === cut.told, 'a file in pieces reads otherwise')
    for (const { bytes: frame } of whole.frames) {
      promise(frame.length <= bytes.length, 'a frame longer than its file')
      decodeArp(frame)
    }
    return whole.kind
  },
}

function read(pieces: readonly Uint8Array[]) {
  const reader = new CaptureFileReader()
  const frames = pieces.flatMap((piece) => reader.push(piece))
  reader.end()
  const notes = reader.interfaces.map(({ comment }) => readNote(comment ?? ''))
  const ignored = [...reader.ignored.keys()].join()
  const lengths = frames.map((frame) => [frame.bytes.length, frame.atNs, frame.interface].join(':'))
  const told = [reader.problem, ...[...reader.ignored].flat(), ...lengths, reader.interfaces.length].join()
  const kind = [
    reader.problem,
    ignored,
    Math.min(frames.length, 3),
    notes.some((note) => note !== null),
  ].join()
  return { frames, told, kind }
}

/** What the kernel says: rtnetlink's tables, files of /proc/net, and ICMP packets; the first byte chooses. */
export const hostTables: Target = {
  name: 'host-tables',
  seeds: () => filesIn('test/fixtures/netlink').map((dump) => Buffer.concat([Uint8Array.of(0), dump])),
  tokens: [
    '\x10\x00',
    '\x03\x00',
    '\x02\x00',
    '\x12\x00',
    '\x09\x00',
    '\x12\x80',
    '0806',
    'eth0',
    '00000000',
    '\n',
  ],
  run(bytes) {
    const [way = 0, rest] = [bytes[0], bytes.subarray(1)]
    if (way % 3 === 0) return ofDump(rest)
    if (way % 3 === 1) return ofProc(Buffer.from(rest).toString('latin1'))
    return String(sequenceOf(rest, { ident: 1, token: rest.subarray(-16) }) !== undefined)
  },
}

function ofDump(bytes: Uint8Array): string {
  const dump = readDump(bytes)
  if (dump.kind !== 'complete') return dump.kind === 'broken' ? dump.reason : dump.kind
  return [...new Set(dump.messages.map(ofMessage))].join()
}

function ofMessage({ type, body }: NetlinkMessage): string {
  const decoded = [decodeLink, decodeAddress, decodeGateways, decodeNeighbour].map((decode) => decode(body))
  return [type % 32, ...decoded.map((value) => (typeof value === 'string' ? value : typeof value))].join(':')
}

function ofProc(text: string): string {
  const { sockets, badLines } = arpSockets(text)
  const counts = [linkNamesIn(text), gatewaysIn(text), neighboursIn(text), sockets].map(({ length }) =>
    Math.min(length, 2),
  )
  return [...counts, Math.min(badLines, 2), socketInode(text) !== undefined].join()
}

export function filesIn(folder: string): Buffer[] {
  return readdirSync(folder)
    .filter((name) => !name.endsWith('.md'))
    .map((name) => readFileSync(join(folder, name)))
}
