import type { Ip } from '../ip.ts'
import { answered, bursting, closed, estranged, type Ask, type Out } from './asks.ts'
import { refund } from './bucket.ts'
import type { Draft } from './draft.ts'
import type { Target } from './plan.ts'
import type { Heard } from './schedule.ts'
import { BURST_FRAMES, BURST_GAP_MS, LOOK_REACH_MS, TIMEOUT_MS } from './timing.ts'

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

/**
 * One broadcast now, whatever was made sure of a moment ago: what has been silent for a while is silence already. A look
 * that was missed ends for it, so that the new one is judged by what is known of the cluster now.
 */
export function askNow(draft: Draft, ip: Ip): void {
  const { asks, nowMs } = draft
  const out = asks.get(ip)?.out
  if (out && !out.answered && nowMs - out.sinceMs >= TIMEOUT_MS) close(draft, ip)
  const ask = asks.get(ip)
  if (ask) asks.set(ip, { ...ask, sweepDueMs: Math.min(ask.sweepDueMs, nowMs) })
}

/**
 * Silence counts only beside an answer (rule 1), and says more beside the node's own: where neither was asked for lately,
 * both are, before it. True: one of them has to be asked first.
 */
export function accompany(draft: Draft, ip: Ip, dueMs: number): boolean {
  const { asks, plan, nowMs } = draft
  const { host } = plan.targets.get(ip)!
  const beside = host === null ? undefined : asks.get(host)
  const isHostLate = beside !== undefined && nowMs - beside.askedAtMs > LATELY_MS
  const witnesses = apartFrom(draft, ip).filter(({ ask }) => ask.answering)
  const [latest] = witnesses.toSorted((a, b) => b.ask.answeredAtMs - a.ask.answeredAtMs)
  const isWitnessLate = latest !== undefined && nowMs - latest.ask.answeredAtMs > LATELY_MS
  const wanted = [...(isHostLate ? [host!] : []), ...(isWitnessLate ? [latest.ip] : [])]
  const waiting = wanted.filter((one) => asks.get(one)!.sweepDueMs >= dueMs)
  for (const one of waiting) asks.set(one, { ...asks.get(one)!, sweepDueMs: dueMs - 1 })
  return waiting.length > 0
}

/** Of a look's reach: the rest is for the question itself. */
const LATELY_MS = LOOK_REACH_MS - TIMEOUT_MS

function apartFrom({ asks, plan }: Draft, ip: Ip): { readonly ip: Ip; readonly ask: Ask }[] {
  const { node } = plan.targets.get(ip)!
  const apart = [...plan.targets.values()].filter(
    (one) => one.ip !== ip && (one.node === null || one.node !== node),
  )
  return apart.map((one) => ({ ip: one.ip, ask: asks.get(one.ip)! }))
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
    accompany(draft, ip, nowMs)
    makeSure(draft, ip)
  }
  const target = plan.targets.get(ip)!
  if (missed === 'believed' && target.kind === 'node')
    for (const vip of doubtedBy(draft, target.node!)) doubt(draft, vip)
}

/** Made sure of; where that has to wait, because it was a moment ago, one broadcast goes ahead. */
function doubt(draft: Draft, vip: Ip): void {
  makeSure(draft, vip)
  const { burst } = draft.asks.get(vip)!
  if (burst && burst.dueMs > draft.nowMs + BURST_GAP_MS) askNow(draft, vip)
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
    if (ask.out) asks.set(ip, { ...ask, out: longer(ask.out, nowMs + TIMEOUT_MS) })
}

function longer(out: Out, untilMs: number): Out {
  return { ...out, untilMs, missedMs: Math.max(out.missedMs, untilMs) }
}
