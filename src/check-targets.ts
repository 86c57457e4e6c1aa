import type { HostFacts } from './core/host.ts'
import type { Ip } from './core/ip.ts'
import { nearest } from './core/nearest.ts'
import type { Target } from './core/targets.ts'
import { quoted } from './core/text.ts'
import { planVantages, type VantagePlan } from './core/vantage.ts'
import type { Reading } from './elected.ts'
import { ArpcheckError } from './errors.ts'
import type { CheckOptions } from './options.ts'

/** What was given, or else all that the cluster announces. */
export function targetsOf({ targets }: CheckOptions, reading: Reading | null): readonly Target[] {
  if (targets.length > 0 || !reading) return targets
  return reading.inventory.vips.map(({ ip }) => ({ vip: ip, macs: null }))
}

/** A node that is given as an owner must exist: a typing mistake would read as a fault. */
export function requireNodes(targets: readonly Target[], reading: Reading | null): void {
  const names = reading?.before.cluster.nodes.map(({ name }) => name) ?? []
  const wanted = targets.find(({ node }) => node !== undefined && !names.includes(node))
  if (!wanted) return
  const { vip, node } = wanted
  const meant = nearest(node!, names)
  throw new ArpcheckError('usage', `There is no node ${quoted(node!)} (${vip}=${node}).`, {
    remedy: [meant === undefined ? `The cluster has ${namesText(names)}.` : `Did you mean ${meant}?`],
  })
}

function namesText(names: readonly string[]): string {
  if (names.length === 0) return 'no node that could be read'
  return names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ')
}

/** Which interface asks for what. Throws an ArpcheckError where none can. */
export function planOrThrow(
  targets: readonly Target[],
  { interfaces }: CheckOptions,
  facts: HostFacts,
): VantagePlan {
  const plan = planVantages(
    targets.map(({ vip }) => vip),
    interfaces,
    facts,
  )
  if ('code' in plan) throw new ArpcheckError(plan.code, plan.message, { remedy: plan.remedy })
  return plan
}

/** The same interfaces, for these VIPs alone. */
export function narrowed({ vantages }: VantagePlan, vips: readonly Ip[]): VantagePlan {
  const wanted = new Set(vips)
  const fewer = vantages.map((vantage) => ({
    ...vantage,
    vips: vantage.vips.filter((vip) => wanted.has(vip)),
  }))
  return { vantages: fewer.filter((vantage) => vantage.vips.length > 0), offSegment: [] }
}
