import type { Ip } from '../ip.ts'
import {
  answered,
  BURST_FRAMES,
  BURST_GAP_MS,
  BURST_PAUSE_MS,
  bursting,
  closed,
  estranged,
  TIMEOUT_MS,
  type Ask,
} from './asks.ts'
import { refund } from './bucket.ts'
import type { Draft } from './draft.ts'
import type { Target } from './plan.ts'
import type { Heard } from './schedule.ts'

/** More VIPs of one node are not made sure of at the same time: a sample tells a dead node, one broadcast does for the rest. */
const SAMPLE = 3

export function takeHeard(draft: Draft, { ip, mac, how, isExpected }: Heard): void {
  const ask = draft.asks.get(ip)
  if (!ask) return
  const isNews = !isExpected && !ask.strange.includes(mac)
  if (how === 'reply') draft.asks.set(ip, answered(ask, mac, isExpected, draft.nowMs))
  else if (isNews) draft.asks.set(ip, estranged(ask, mac))
  if (ask.out?.mode === 'unicast' && how === 'reply') close(draft, ip)
  if (isNews || how === 'gratuitous') makeSure(draft, ip)
}

/** A burst for one address, and a look at its node first. */
export function makeSure(draft: Draft, ip: Ip): void {
  const { asks, plan, nowMs, random } = draft
  const [ask, target] = [asks.get(ip), plan.targets.get(ip)]
  if (!ask || !target || ask.burst) return
  const atMs = nowMs + random.next() * BURST_GAP_MS
  asks.set(ip, bursting(ask, isSampled(draft, target) ? 1 : BURST_FRAMES, atMs))
  const host = target.host === null ? undefined : asks.get(target.host)
  if (host && host.answeredAtMs < nowMs - TIMEOUT_MS) asks.set(target.host!, bursting(host, 1, nowMs))
}

/** One broadcast now, whatever was made sure of a moment ago: what has been silent for a while is silence already. */
export function askNow({ asks, nowMs }: Draft, ip: Ip): void {
  const ask = asks.get(ip)
  if (ask) asks.set(ip, { ...ask, sweepDueMs: Math.min(ask.sweepDueMs, nowMs) })
}

/** Silence counts only beside an answer (rule 1): of what other ports answered, the last one is asked too. */
function callWitness({ asks, plan, nowMs }: Draft, ip: Ip): void {
  const { node } = plan.targets.get(ip)!
  const isApart = (one: Target): boolean => one.ip !== ip && (one.node === null || one.node !== node)
  const rested = [...plan.targets.values()].filter(isApart).flatMap((one) => {
    const ask = asks.get(one.ip)!
    return ask.answering && nowMs - ask.burstAtMs > BURST_PAUSE_MS ? [{ ip: one.ip, ask }] : []
  })
  const [witness] = rested.toSorted((a, b) => b.ask.answeredAtMs - a.ask.answeredAtMs)
  if (witness) asks.set(witness.ip, bursting(witness.ask, 1, nowMs))
}

/** Enough others of its node are made sure of already, or silent for sure. */
function isSampled({ asks, plan }: Draft, { node, kind }: Target): boolean {
  if (kind !== 'vip') return false
  let sure = 0
  for (const [ip, target] of plan.targets)
    if (target.kind === 'vip' && target.node === node && isSure(asks.get(ip))) sure++
  return sure >= SAMPLE
}

function isSure(ask: Ask | undefined): boolean {
  return (
    ask !== undefined && ((ask.burst?.left ?? 0) > 1 || (ask.out?.frames ?? 0) > 1 || ask.answering === false)
  )
}

/** The listening is over. A node that keeps silent for sure is news of each of its VIPs. */
export function close(draft: Draft, ip: Ip): void {
  const { asks, caused, plan, nowMs, ended } = draft
  const { out, ...before } = asks.get(ip)!
  const { mode, sinceMs, frames, answered: wasAnswered } = out!
  ended.push({ ip, mode, sinceMs, frames, answered: wasAnswered })
  const { ask, missed } = closed({ ...before, out })
  asks.set(ip, ask)
  if (!wasAnswered)
    for (const port of plan.targets.get(ip)!.ports) caused.set(port, refund(caused.get(port)!, nowMs))
  if (missed === 'yes') {
    makeSure(draft, ip)
    callWitness(draft, ip)
  }
  const target = plan.targets.get(ip)!
  if (missed === 'believed' && target.kind === 'node')
    for (const vip of doubtedBy(draft, target.node!)) makeSure(draft, vip)
}

/** VIPs of a node, but for those that are known to be silent, or are being made sure of. */
function doubtedBy({ plan, asks }: Draft, node: string): Ip[] {
  const all = [...plan.targets.values()].filter((one) => one.kind === 'vip' && one.node === node)
  return all.map(({ ip }) => ip).filter((ip) => isDoubtful(asks.get(ip)!))
}

function isDoubtful({ answering, out }: Ask): boolean {
  return answering !== false && !out?.confirms
}

/** We slept (SIGSTOP, a suspended host): answers may wait for us still. What was missed is not made up for. */
export function forgive({ asks, nowMs }: Draft): void {
  for (const [ip, ask] of asks)
    if (ask.out) asks.set(ip, { ...ask, out: { ...ask.out, untilMs: nowMs + TIMEOUT_MS } })
}
