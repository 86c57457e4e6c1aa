import { isGratuitous, type ArpFrame } from '../arp.ts'
import type { Ip } from '../ip.ts'
import type { Mac } from '../mac.ts'
import type { MacMap } from '../macs.ts'
import type { Heard } from './schedule.ts'

/** Whatever a frame on the wire tells of a VIP, whether we asked or not. */
export interface Sighting {
  readonly vip: Ip
  readonly mac: Mac
  /** Whose MAC that is; null: nobody's that is known. */
  readonly node: string | null
  readonly relation: Relation
  readonly how: Heard['how']
  readonly at: Moment
  /** How many frames of the wire it stands for, 1 where it is missing. */
  readonly frames?: number
}

/** `unattributed`: perhaps foreign, perhaps a NIC that nothing tells of; it is counted as neither (rule 3). */
export type Relation = 'expected' | 'other_node' | 'foreign' | 'unattributed'

/** Our monotonic clock when we took it, and the kernel's stamp when it came (nanoseconds since 1970), where there is one. */
export interface Moment {
  readonly ms: number
  readonly ns: bigint | null
}

/** Who is who, as far as it is known now. */
export interface Ears {
  readonly ownMacs: ReadonlySet<Mac>
  readonly ownNode: string | null
  readonly macs: MacMap
  /** Every node's NICs are known: whoever has none of them is no node. */
  readonly knowsAll: boolean
  /** Who may answer for a VIP; undefined: not a VIP of ours. */
  readonly mayAnswer: (
    vip: Ip,
  ) => { readonly nodes: readonly string[]; readonly macs: readonly Mac[] } | undefined
}

/**
 * Null: says nothing about who answers. On the elected node the tap shows what its own speaker sends to others: that it
 * answers at all is seen nowhere else on that node.
 */
export function sightingOf(frame: ArpFrame, at: Moment, ears: Ears): Sighting | null {
  const { spa: vip, sha: mac } = frame
  const who = ears.mayAnswer(vip)
  const how = howOf(frame, ears)
  if (!who || !how) return null
  const node = ears.ownMacs.has(mac) ? ears.ownNode : (ears.macs.nodeOf.get(mac) ?? null)
  const isExpected = who.macs.includes(mac) || (node !== null && who.nodes.includes(node))
  return { vip, mac, node, relation: isExpected ? 'expected' : strangerOf(mac, node, ears), how, at }
}

/** For the schedule. */
export function heardOf({ vip, mac, how, relation }: Sighting): Heard {
  return { ip: vip, mac, how, isExpected: relation === 'expected' }
}

/** Request or reply, an announcement is one (RFC 5227 section 3); MetalLB sends both (internal/layer2/arp.go). */
function howOf(frame: ArpFrame, { ownMacs }: Ears): Heard['how'] | null {
  if (isGratuitous(frame)) return 'gratuitous'
  if (frame.op === 'who-has') return null
  return ownMacs.has(frame.tha) && !ownMacs.has(frame.sha) ? 'reply' : 'overheard'
}

function strangerOf(mac: Mac, node: string | null, { macs, knowsAll }: Ears): Relation {
  if (node !== null) return 'other_node'
  return knowsAll || macs.foreign.has(mac) ? 'foreign' : 'unattributed'
}
