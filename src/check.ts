import { askVantage, type Asked } from './ask.ts'
import { assemble, unaskedReport, type Run } from './core/assemble.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import type { HostFacts } from './core/host.ts'
import { isIpv4, type Ip } from './core/ip.ts'
import { offSegment } from './core/judge.ts'
import type { Expectation } from './core/case.ts'
import { nearest } from './core/nearest.ts'
import { outcomeOf, ownMacs } from './core/outcome.ts'
import type { ErrorReport, FrameCounts, Report, VipReport } from './core/report.ts'
import type { Target } from './core/targets.ts'
import { quoted } from './core/text.ts'
import { planVantages, type VantagePlan } from './core/vantage.ts'
import { clusterReport, clusterSideOf, readingOf, type Look, type Reading } from './elected.ts'
import { ArpcheckError } from './errors.ts'
import { membershipFindings } from './membership.ts'
import type { CheckEdges, CheckOptions } from './options.ts'

export type { CheckEdges, CheckOptions } from './options.ts'

/**
 * Asks for every target once, listens, judges. An abort ends the listening and reports what is known; so does trouble
 * with an interface, on that interface alone. Throws an ArpcheckError where nothing can be asked.
 */
export async function check(options: CheckOptions, edges: CheckEdges, signal: AbortSignal): Promise<Report> {
  const started = { wallNs: edges.clock.wallNs(), ms: edges.clock.monotonicMs() }
  const facts = edges.hostFacts()
  const first = edges.readCluster ? readingOf(await lookAt(edges, signal)) : null
  const targets = targetsOf(options, first)
  requireNodes(targets, first)
  const plan = planOrThrow(targets, options, facts)
  const asked = await askAll(plan, { options: { ...options, targets }, edges, facts, reading: first }, signal)
  const reading = first && (await readAgain(first, edges, signal))
  const run = { options, facts, targets, plan, asked, reading, interrupted: signal.aborted }
  return assemble({
    startedAt: new Date(Number(started.wallNs / 1_000_000n)),
    durationMs: edges.clock.monotonicMs() - started.ms,
    ...judged(run),
  })
}

interface Heard {
  readonly options: CheckOptions
  readonly facts: HostFacts
  readonly targets: readonly Target[]
  readonly plan: VantagePlan
  readonly asked: readonly Asked[]
  readonly reading: Reading | null
  readonly interrupted: boolean
}

/** From what was heard to what is reported: pure, and the second half of a check. */
function judged(heard: Heard): Omit<Run, 'startedAt' | 'durationMs'> {
  const { options, facts, targets, plan, asked, reading, interrupted } = heard
  const cluster = reading && clusterSideOf(reading, facts, targets)
  const seen = {
    facts,
    expectations: expectationsOf(targets, reading),
    cluster,
    mustBeFree: options.mustBeFree,
  }
  const outcomes = asked.map(({ past, trouble }, i) =>
    outcomeOf({ ...seen, past, vantage: plan.vantages[i]!, interrupted: interrupted || trouble !== null }),
  )
  const errors = errorsOf(asked)
  const vips = [...outcomes.flatMap((outcome) => outcome.vips), ...untestable(targets, plan, cluster)]
  const node = cluster?.ownNode ?? facts.hostname
  return {
    interrupted: interrupted || errors.length > 0,
    errors,
    vantage: plan.vantages.map(({ link, ip }) => ({ node, interface: link.name, mac: link.mac, ip })),
    canaries: outcomes.flatMap(({ canaries }) => canaries),
    frames: frameCounts(asked),
    vips,
    ...clusterReport(reading, vips),
    findings: [
      ...outcomes.flatMap(({ findings }) => findings),
      ...(reading && cluster ? membershipFindings(reading, cluster, asked) : []),
    ],
  }
}

/** What was given, or else all that the cluster announces. */
function targetsOf({ targets }: CheckOptions, reading: Reading | null): readonly Target[] {
  if (targets.length > 0 || !reading) return targets
  return reading.inventory.vips.map(({ ip }) => ({ vip: ip, macs: null }))
}

/** A node that is given as an owner must exist: a typing mistake would read as a fault. */
function requireNodes(targets: readonly Target[], reading: Reading | null): void {
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

/** Only what the user gave: the cluster tells the rest. */
function expectationsOf(targets: readonly Target[], reading: Reading | null): ReadonlyMap<Ip, Expectation> {
  const announced = new Set(reading?.inventory.vips.map(({ ip }) => ip))
  return new Map(
    targets.flatMap(({ vip, macs, node }): [Ip, Expectation][] => {
      if (macs) return [[vip, { source: 'static', macs }]]
      return node !== undefined || announced.has(vip) ? [] : [[vip, { source: 'any' }]]
    }),
  )
}

async function lookAt({ readCluster, readViews, clock }: CheckEdges, signal: AbortSignal): Promise<Look> {
  const cluster = await readCluster!(signal)
  const views = (await readViews?.(cluster, signal)) ?? null
  return { cluster, views, atMs: clock.monotonicMs() }
}

/** The expectation's second look. An API that fails just then leaves the first one to stand. */
async function readAgain(first: Reading, edges: CheckEdges, signal: AbortSignal): Promise<Reading> {
  if (signal.aborted) return first
  try {
    return { ...first, after: await lookAt(edges, signal) }
  } catch (error) {
    if (error instanceof ArpcheckError || signal.aborted) return first
    throw error
  }
}

interface Plan {
  readonly options: CheckOptions
  readonly edges: CheckEdges
  readonly facts: HostFacts
  readonly reading: Reading | null
}

/** All interfaces at once; one that cannot be opened stops the others before its error is thrown. */
async function askAll(
  { vantages }: VantagePlan,
  { options, edges, facts, reading }: Plan,
  signal: AbortSignal,
): Promise<Asked[]> {
  const stop = new AbortController()
  const ended = AbortSignal.any([signal, stop.signal])
  const shared = {
    options,
    edges,
    cluster: reading && clusterSideOf(reading, facts),
    ownMacs: ownMacs(facts),
  }
  const tasks = vantages.map((vantage) => askVantage({ ...shared, vantage, signal: ended }))
  try {
    return await Promise.all(tasks)
  } finally {
    stop.abort()
    await Promise.allSettled(tasks)
  }
}

function planOrThrow(
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
