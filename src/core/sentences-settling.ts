import type { ClusterCase, Judgement } from './case.ts'
import { durationText } from './duration.ts'
import type { Finding } from './findings.ts'
import type { Ip } from './ip.ts'
import { finding } from './sentences.ts'
import type { Motion } from './motions.ts'

/** What ARP902 says: why a VIP is not judged yet, and when it will be. */

export function moved(item: ClusterCase): Finding {
  return finding('ARP902', `${item.vip}: who should answer changed while we asked`, {
    why: ['the cluster was read before the questions and after them, and the two differ (seen)'],
    next: [again(item)],
  })
}

export interface Settling {
  /** What was seen, in a few words. */
  readonly seen: string
  /** What may explain it lawfully. */
  readonly young: readonly Motion[]
  readonly forMs: number
}

/** More of them are a storm, and the first ones tell its kind. */
const TOLD = 3

export function settling(item: ClusterCase, { seen, young, forMs }: Settling): Finding {
  return finding('ARP902', `${item.vip} ${seen}, which a change may explain for ${untilText(forMs)} more`, {
    why: [
      ...young.slice(0, TOLD).map(motionText),
      ...(young.length > TOLD ? [`and ${young.length - TOLD} more changes`] : []),
    ],
    next: [again(item)],
  })
}

/** A deviation that ended while this run looked. */
export function hasSettled(vip: Ip): Finding {
  return finding('ARP902', `${vip} settled while we looked`, {
    why: ['it deviated at first, within the time that a change may take, and does not any more (seen)'],
    next: [],
  })
}

const SEEN: Partial<Record<Judgement['verdict'], string>> = {
  silent: 'is not answered',
  mismatch: 'is answered by another node than expected',
  duplicate: 'is answered by more than one node',
  unexpected: 'is answered, though nobody should answer',
}

export function deviationText({ verdict }: Judgement): string {
  return SEEN[verdict] ?? verdict
}

function motionText({ what, ageMs }: Motion): string {
  return `${what} (${ageMs === 0 ? 'when is not known' : `${durationText(ageMs)} ago`})`
}

function untilText(ms: number): string {
  return `${Math.max(1, Math.ceil(ms / 1000))} s`
}

function again({ vip }: ClusterCase): string {
  return `arpcheck ${vip}   (again, in half a minute)`
}
