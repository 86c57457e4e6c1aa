import { newAsk, replanned } from './asks.ts'
import { hasFrame, newBucket, rerated } from './bucket.ts'
import type { Draft } from './draft.ts'
import { makeSure } from './news.ts'
import type { Plan } from './plan.ts'
import { firstSweepMs } from './spacing.ts'

/** Another plan: what is asked for still goes on as it was, and an owner that changed is made sure of. */
export function takePlan(draft: Draft, plan: Plan): void {
  const { nowMs, random } = draft
  const before = draft.plan
  draft.plan = plan
  for (const ip of draft.asks.keys()) if (!plan.targets.has(ip)) draft.asks.delete(ip)
  rerate(draft)
  for (const [ip, target] of plan.targets) {
    const [ask, old] = [draft.asks.get(ip), before.targets.get(ip)]
    if (ask && old) draft.asks.set(ip, replanned(ask, old, target, nowMs, random))
    else draft.asks.set(ip, newAsk(target, firstSweepMs(draft, target), random))
    if (old && old.node !== target.node) makeSure(draft, ip)
  }
}

/** What was saved up stays, at the new rates; what was spent stays spent, though the port be gone for a while. */
function rerate(draft: Draft): void {
  const { plan, caused, nowMs, random } = draft
  const ports = new Set([...plan.targets.values()].flatMap((target) => target.ports))
  for (const [port, bucket] of caused) if (!ports.has(port) && hasFrame(bucket, nowMs)) caused.delete(port)
  draft.sent = rerated(draft.sent, plan.shares.sent, nowMs)
  for (const port of ports) {
    const rate = plan.shares.caused.get(port) ?? plan.shares.unplanned
    caused.set(port, rerated(caused.get(port) ?? newBucket(rate, nowMs, random), rate, nowMs))
  }
}
