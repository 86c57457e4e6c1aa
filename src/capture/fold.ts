import { loadAddon } from '../addon.ts'
import { ArpcheckError } from '../errors.ts'
import type { FileFrame, Found } from './fileformat.ts'
import { framesIn } from './records.ts'

/** The addon's reader of pcap records: ARP frames that say the same become one (native/README.md). */
interface NativeFold {
  take(bytes: Uint8Array, swapped: 0 | 1, fractionNs: number): number
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
export interface Fold {
  readonly take: NonNullable<Found['fold']>
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
    take: (bytes, { littleEndian, fractionNs }) =>
      native.take(bytes, littleEndian === LITTLE_ENDIAN ? 0 : 1, Number(fractionNs)),
    count: () => native.count(),
    others: () => native.others(),
    // a pcap file knows one interface
    frames: () =>
      framesIn(native.records(), addon.fileRecordBytes).map(({ bytes, wireLength, atNs, frames = 1 }) => ({
        bytes,
        wireLength,
        atNs,
        frames,
        interface: 0,
      })),
  }
}

function addonOrNull(): Addon | null {
  try {
    return loadAddon() as Addon
  } catch (error) {
    if (error instanceof ArpcheckError) return null
    throw error
  }
}
