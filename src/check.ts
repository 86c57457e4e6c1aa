import { askVantage, type Asked } from './ask.ts'
import {
  deadlinesAfter,
  findingsOf,
  heldAt,
  overlaid,
  waitFor,
  type Deadlines,
  type Part,
} from './core/again.ts'
import { assemble } from './core/assemble.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import type { HostFacts } from './core/host.ts'
import type { Ip } from './core/ip.ts'
import { nearest } from './core/nearest.ts'
import { ownMacs } from './core/outcome.ts'
import type { Report } from './core/report.ts'
import type { Target } from './core/targets.ts'
import { quoted } from './core/text.ts'
import { planVantages, type VantagePlan } from './core/vantage.ts'
import { clusterSideOf, readingOf, type Look, type Reading } from './elected.ts'
import { ArpcheckError } from './errors.ts'
import { judged, type Heard, type Judged } from './judged.ts'
import type { CheckEdges, CheckOptions } from './options.ts'

export type { CheckEdges, CheckOptions } from './options.ts'

/** Between two looks at what has not settled: as often as a speaker may be asked for its view, and a switch is asked. */
const PAUSE_MS = 2000

/**
 * Asks for every target, listens, judges; what may be lawful still is asked for again until it settles or its hold-down
 * is over. An abort ends the listening and reports what is known; so does trouble with an interface, on that interface
 * alone. Throws an ArpcheckError where nothing can be asked.
 */
export async function check(options: CheckOptions, edges: CheckEdges, signal: AbortSignal): Promise<Report> {
  const started = { wallNs: edges.clock.wallNs(), ms: edges.clock.monotonicMs() }
  const facts = edges.hostFacts()
  const opened = edges.readCluster ? await openLook(edges, signal) : null
  const first = opened?.reading ?? null
  const targets = targetsOf(options, first)
  requireNodes(targets, first)
  const plan = planOrThrow(targets, options, facts)
  const setting: Setting = { options: { ...options, targets }, edges, facts, signal }
  let look = await askAndJudge({ ...setting, plan, opened, deadlines: new Map() })
  let part = look.part
  for (
    let wait = waitFor(look.deadlines, now(edges));
    wait && !signal.aborted;
    wait = waitFor(look.deadlines, now(edges))
  ) {
    tellWait(wait, part, edges)
    await edges.clock.sleep(Math.min(wait.forMs, PAUSE_MS), signal)
    if (signal.aborted) break
    look = await askAndJudge({
      ...setting,
      plan: narrowed(plan, wait.vips),
      opened: reopened(look.reading),
      deadlines: look.deadlines,
    })
    part = overlaid(part, look.part)
  }
  return assemble({
    ...part,
    findings: findingsOf(part),
    interrupted: part.interrupted || signal.aborted,
    startedAt: new Date(Number(started.wallNs / 1_000_000n)),
    durationMs: now(edges) - started.ms,
  })
}

function tellWait(
  { vips, forMs }: { vips: Ip[]; forMs: number },
  { vips: rows }: Part,
  edges: CheckEdges,
): void {
  const finding = rows.find(({ vip }) => vip === vips[0])?.findings.find(({ code }) => code === 'ARP902')
  if (finding) edges.onWait?.({ vips, forMs, finding })
}

interface Setting {
  readonly options: CheckOptions
  readonly edges: CheckEdges
  readonly facts: HostFacts
  readonly signal: AbortSignal
}

interface Round extends Setting {
  readonly plan: VantagePlan
  readonly opened: Opened | null
  readonly deadlines: Deadlines
}

interface Looked extends Pick<Judged, 'part'> {
  readonly reading: Reading | null
  readonly deadlines: Deadlines
}

/** One look: asks from every interface, reads the cluster again, judges. */
async function askAndJudge(round: Round): Promise<Looked> {
  const { options, edges, facts, signal, plan, deadlines } = round
  const asked = await askAll(round)
  const reading = round.opened && (await readAgain(await round.opened.whole, edges, signal))
  const nowMs = now(edges)
  const heard: Heard = {
    options,
    facts,
    targets: options.targets,
    plan,
    asked,
    reading,
    heldFor: options.settle === false ? null : (vip) => heldAt(deadlines.get(vip), nowMs),
    interrupted: signal.aborted,
  }
  const { part, unsettled } = judged(heard)
  return { part, reading, deadlines: deadlinesAfter(deadlines, unsettled, nowMs) }
}

function now({ clock }: CheckEdges): number {
  return clock.monotonicMs()
}

/** The second look of one round is the first of the next. */
function reopened(reading: Reading | null): Opened | null {
  if (!reading) return null
  const next = readingOf(reading.after ?? reading.before)
  return { reading: next, whole: Promise.resolve(next) }
}

/** The same interfaces, for these VIPs alone. */
function narrowed({ vantages }: VantagePlan, vips: readonly Ip[]): VantagePlan {
  const wanted = new Set(vips)
  const fewer = vantages.map((vantage) => ({
    ...vantage,
    vips: vantage.vips.filter((vip) => wanted.has(vip)),
  }))
  return { vantages: fewer.filter((vantage) => vantage.vips.length > 0), offSegment: [] }
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

/** A first look at the cluster: what the API holds tells whom to ask; the views of slow speakers may come later. */
interface Opened {
  readonly reading: Reading
  readonly whole: Promise<Reading>
}

/** Claims are counted before our first question, and waited for; a dead speaker's view is not. */
async function openLook(edges: CheckEdges, signal: AbortSignal): Promise<Opened> {
  const cluster = await edges.readCluster!(signal)
  const views = edges.readViews?.(cluster, signal)
  const claims = (await edges.readClaims?.(cluster, signal)) ?? null
  const reading = readingOf({ cluster, views: null, claims, atMs: now(edges) })
  const whole = Promise.resolve(views).then((read) => ({
    ...reading,
    before: { ...reading.before, views: read ?? null },
  }))
  whole.catch(() => {}) // thrown where it is waited for
  return { reading, whole }
}

async function lookAt(edges: CheckEdges, signal: AbortSignal): Promise<Look> {
  const cluster = await edges.readCluster!(signal)
  const [views, claims] = await Promise.all([
    edges.readViews?.(cluster, signal),
    edges.readClaims?.(cluster, signal),
  ])
  return { cluster, views: views ?? null, claims: claims ?? null, atMs: now(edges) }
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

/** All interfaces at once; one that cannot be opened stops the others before its error is thrown. */
async function askAll({ options, edges, facts, signal, plan, opened }: Round): Promise<Asked[]> {
  const stop = new AbortController()
  const ended = AbortSignal.any([signal, stop.signal])
  const cluster = opened && clusterSideOf(opened.reading, facts)
  const whole = async (): Promise<ClusterSide | null> => opened && clusterSideOf(await opened.whole, facts)
  const shared = { options, edges, cluster, whole, ownMacs: ownMacs(facts) }
  const tasks = plan.vantages.map((vantage) => askVantage({ ...shared, vantage, signal: ended }))
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
