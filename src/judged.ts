import type { Asked } from './ask.ts'
import { clusterReport } from './cluster-report.ts'
import type { Part } from './core/again.ts'
import { unaskedReport } from './core/assemble.ts'
import type { Expectation } from './core/case.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import { nodeFactsOf } from './core/node-facts.ts'
import type { HostFacts } from './core/host.ts'
import { isIpv4, type Ip } from './core/ip.ts'
import { offSegment } from './core/judge.ts'
import { outcomeOf, type Outcome } from './core/outcome.ts'
import type { ErrorReport, FrameCounts, VipReport } from './core/report.ts'
import type { Held } from './core/settle.ts'
import type { Target } from './core/targets.ts'
import type { Vantage, VantagePlan } from './core/vantage.ts'
import type { Reading } from './elected.ts'
import type { CheckOptions } from './options.ts'
import { speakerFindings } from './speaker-findings.ts'

/** What was heard on each interface when the asking is over. */
export interface Heard {
  readonly options: CheckOptions
  readonly facts: HostFacts
  readonly targets: readonly Target[]
  readonly plan: VantagePlan
  readonly asked: readonly Asked[]
  readonly reading: Reading | null
  /** What that brings; null without a cluster. */
  readonly cluster: ClusterSide | null
  /** What earlier looks of this run saw of a VIP; null: deviations are judged at once. */
  readonly heldFor: ((vip: Ip) => Held | null) | null
  readonly interrupted: boolean
}

export interface Judged {
  readonly part: Part
  /** VIPs that may settle by themselves, and how long that may last. */
  readonly unsettled: ReadonlyMap<Ip, Held>
}

/** From what was heard to what is reported: pure, and the second half of a check. */
export function judged(heard: Heard): Judged {
  const { facts, targets, plan, asked, reading, cluster, interrupted } = heard
  const outcomes = outcomesOf(heard)
  const errors = errorsOf(asked)
  const vips = [...outcomes.flatMap((outcome) => outcome.vips), ...untestable(targets, plan, cluster)]
  const node = cluster?.ownNode ?? facts.hostname
  const part = {
    interrupted: interrupted || errors.length > 0,
    errors,
    vantage: plan.vantages.map(({ link, ip }) => ({ node, interface: link.name, mac: link.mac, ip })),
    canaries: outcomes.flatMap(({ canaries }) => canaries),
    frames: frameCounts(asked),
    vips,
    ...clusterReport(reading, vips),
    byInterface: new Map(outcomes.map(({ findings }, i) => [plan.vantages[i]!.link.name, findings])),
    aboutCluster:
      reading && cluster ? speakerFindings(reading, cluster, nodesSeen(cluster, plan.vantages, asked)) : [],
  }
  return { part, unsettled: new Map(outcomes.flatMap(({ unsettled }) => [...unsettled])) }
}

function outcomesOf({
  options,
  facts,
  targets,
  plan,
  asked,
  reading,
  cluster,
  heldFor,
  interrupted,
}: Heard): Outcome[] {
  const expectations = expectationsOf(targets, reading)
  return asked.map(({ past, echo, trouble }, i) =>
    outcomeOf({
      facts,
      expectations,
      cluster,
      mustBeFree: options.mustBeFree,
      past,
      echo,
      heldFor,
      vantage: plan.vantages[i]!,
      interrupted: interrupted || trouble !== null,
    }),
  )
}

/** What all interfaces together know of each node: alive on one of them is alive. */
function nodesSeen(cluster: ClusterSide, vantages: readonly Vantage[], asked: readonly Asked[]) {
  const past = asked.flatMap((each) => each.past)
  const echo = new Map(asked.flatMap((each) => [...each.echo]))
  return vantages[0] ? nodeFactsOf(cluster, vantages[0], past, echo) : new Map<string, never>()
}

/** Only what the user gave: the cluster tells the rest. */
function expectationsOf(targets: readonly Target[], reading: Reading | null): ReadonlyMap<Ip, Expectation> {
  const announced = new Set(reading?.inventory.vips.map(({ ip }) => ip))
  return new Map(
    targets.flatMap(({ vip, macs, node, remembered = false }): [Ip, Expectation][] => {
      if (macs) return [[vip, { source: 'static', macs }]]
      return node !== undefined || announced.has(vip) ? [] : [[vip, { source: 'any', remembered }]]
    }),
  )
}

/** Rows for what no interface here can ask: other segments, and IPv6, whose neighbour discovery is not spoken yet. */
function untestable(targets: readonly Target[], plan: VantagePlan, cluster: ClusterSide | null): VipReport[] {
  const ipv6 = targets.map(({ vip }) => vip).filter((vip) => !isIpv4(vip))
  const nobody: ReadonlySet<string> = new Set()
  return [...plan.offSegment, ...ipv6].map((vip) =>
    unaskedReport(vip, offSegment(vip), cluster?.vips.get(vip), cluster?.expect(vip, nobody)),
  )
}

function frameCounts(asked: readonly Asked[]): FrameCounts {
  const all = asked.map(({ frames }) => frames)
  return {
    sent: sum(all.map(({ sent }) => sent)),
    received: sum(all.map(({ received }) => received)),
    kernelDrops: sumOrNull(all.map(({ kernelDrops }) => kernelDrops)),
    ringDrops: sumOrNull(all.map(({ ringDrops }) => ringDrops)),
    ignored: ignoredCounts(asked),
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Null where one of them is not known. */
function sumOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === values.length ? sum(known) : null
}

function errorsOf(asked: readonly Asked[]): ErrorReport[] {
  return asked.flatMap(({ trouble }) =>
    trouble ? [{ code: trouble.code, message: trouble.message, next: trouble.remedy }] : [],
  )
}

function ignoredCounts(asked: readonly Asked[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { round } of asked.flatMap(({ past }) => past)) {
    for (const [reason, count] of round.ignored) counts[reason] = (counts[reason] ?? 0) + count
  }
  return counts
}
