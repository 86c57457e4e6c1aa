import { loadAddon } from '../addon.ts'
import { ArpcheckError } from '../errors.ts'
import type { FileFrame, Taker } from './fileformat.ts'
import { framesIn } from './records.ts'

/** The addon's reader of pcap records and pcapng blocks: ARP frames that say the same become one (native/README.md). */
interface NativeFold {
  take(bytes: Uint8Array, swapped: 0 | 1, fractionNs: number): number
  takeBlocks(bytes: Uint8Array, swapped: 0 | 1, interfaces: BigInt64Array): number
  count(): number
  others(): number
  records(): Uint8Array
}

interface Addon {
  readonly FileFold: new (records: number) => NativeFold
  readonly fileRecordBytes: number
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** What a file's reader hands over, and what came of it. */
export interface Fold extends Taker {
  count(): number
  /** Frames that were no ARP. */
  others(): number
  frames(): FileFrame[]
}

/** Null where the addon is missing: everything is then read in TypeScript, ten times slower, to the same effect. */
export function openFold(records: number): Fold | null {
  const addon = addonOrNull()
  if (!addon) return null
  const native = new addon.FileFold(records)
  return {
    takeRecords: (bytes, { littleEndian, fractionNs }) =>
      native.take(bytes, isSwapped(littleEndian), Number(fractionNs)),
    takeBlocks: (bytes, { littleEndian, interfaces }) =>
      native.takeBlocks(bytes, isSwapped(littleEndian), interfaces),
    count: () => native.count(),
    others: () => native.others(),
    frames: () => framesIn(native.records(), addon.fileRecordBytes),
  }
}

function isSwapped(littleEndian: boolean): 0 | 1 {
  return littleEndian === LITTLE_ENDIAN ? 0 : 1
}

function addonOrNull(): Addon | null {
  try {
    return loadAddon() as Addon
  } catch (error) {
    if (error instanceof ArpcheckError) return null
    throw error
  }
}
