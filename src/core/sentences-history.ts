import { durationText } from './duration.ts'
import type { Finding } from './findings.ts'
import type { Ip } from './ip.ts'
import { finding } from './sentences.ts'

/** What a daemon says of a VIP that moved: ARP203, ARP501, ARP502. */

/** A change of owner, as it is told; nodes by name, others by MAC. */
export interface Move {
  readonly at: { readonly ms: number }
  readonly from: string
  readonly to: string
  readonly heldMs: number
  readonly outageMs: number
  readonly silentMs: number
}

export function movedUnannounced(vip: Ip, { from, to }: Move, agoMs: number): Finding {
  return finding('ARP203', `${vip} moved from ${from} to ${to}, and ${to} did not announce it`, {
    why: [
      `moved       ${durationText(agoMs)} ago (seen)`,
      `announced   no gratuitous ARP of ${to} was heard here, and no frame was lost (seen)`,
      `clients, routers and switches that knew ${from} send there until their entries age`,
    ],
    next: [
      `On a client, and on the router:  ip neigh show ${vip}`,
      `ip neigh flush to ${vip}   (there, where it names ${from})`,
    ],
  })
}

/** More of them tell nothing that these do not. */
const TOLD = 6

export function flapping(vip: Ip, moves: readonly Move[], nowMs: number): Finding {
  const sinceMs = nowMs - moves[0]!.at.ms
  return finding('ARP501', `${vip} changed its owner ${moves.length} times in ${durationText(sinceMs)}`, {
    why: [
      ...moves.slice(-TOLD).map((move) => moveText(move, nowMs)),
      'each move breaks the connections that go through it',
    ],
    next: ['arpcheck members', `arpcheck explain ${vip}`, 'kubectl get nodes'],
  })
}

export interface Slow {
  readonly agoMs: number
  readonly failoverMaxMs: number
}

export function slowFailover(vip: Ip, move: Move, { agoMs, failoverMaxMs }: Slow): Finding {
  const { from, to, silentMs, outageMs } = move
  const bound = durationText(failoverMaxMs)
  return finding('ARP502', `${vip} was silent for ${durationText(silentMs)} before ${to} answered for it`, {
    why: [
      `moved       from ${from} to ${to}, ${durationText(agoMs)} ago (seen)`,
      `silent      at least ${durationText(silentMs)}, at most ${durationText(outageMs)} (seen)`,
      `bound       ${bound}: longer memberlist does not take to drop a dead node (computed)`,
    ],
    next: ['arpcheck members', `arpcheck explain ${vip}`],
  })
}

function moveText({ at, from, to, heldMs }: Move, nowMs: number): string {
  return `${durationText(nowMs - at.ms)} ago   ${from} → ${to}, after ${durationText(heldMs)}`
}
