import { askVantage, type Asked } from './ask.ts'
import { openLook, readAgain, reopened, type Looking, type Opened, type Seen } from './check-looks.ts'
import { narrowed, planOrThrow, requireNodes, targetsOf } from './check-targets.ts'
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
import type { Ip } from './core/ip.ts'
import { ownMacs } from './core/outcome.ts'
import type { Report } from './core/report.ts'
import type { VantagePlan } from './core/vantage.ts'
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
  const opened = edges.readCluster ? await openLook({ options, edges, facts, signal }) : null
  const first = opened?.first.reading ?? null
  const targets = targetsOf(options, first)
  requireNodes(targets, first)
  const plan = planOrThrow(targets, options, facts)
  const setting: Looking = { options: { ...options, targets }, edges, facts, signal }
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
      opened: reopened(look.seen),
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

interface Round extends Looking {
  readonly plan: VantagePlan
  readonly opened: Opened | null
  readonly deadlines: Deadlines
}

interface Looked extends Pick<Judged, 'part'> {
  readonly seen: Seen | null
  readonly deadlines: Deadlines
}

/** One look: asks from every interface, reads the cluster again, judges. */
async function askAndJudge(round: Round): Promise<Looked> {
  const { options, edges, facts, signal, plan, deadlines } = round
  const asked = await askAll(round)
  const seen = round.opened && (await readAgain(await round.opened.whole, round))
  const nowMs = now(edges)
  const heard: Heard = {
    options,
    facts,
    targets: options.targets,
    plan,
    asked,
    reading: seen?.reading ?? null,
    cluster: seen?.side() ?? null,
    heldFor: options.settle === false ? null : (vip) => heldAt(deadlines.get(vip), nowMs),
    interrupted: signal.aborted,
  }
  const { part, unsettled } = judged(heard)
  return { part, seen, deadlines: deadlinesAfter(deadlines, unsettled, nowMs) }
}

function now({ clock }: CheckEdges): number {
  return clock.monotonicMs()
}

/** All interfaces at once; one that cannot be opened stops the others before its error is thrown. */
async function askAll({ options, edges, facts, signal, plan, opened }: Round): Promise<Asked[]> {
  const stop = new AbortController()
  const ended = AbortSignal.any([signal, stop.signal])
  const cluster = opened?.first.side() ?? null
  const whole = async (): Promise<ClusterSide | null> => opened && (await opened.whole).side()
  const shared = { options, edges, cluster, whole, ownMacs: ownMacs(facts) }
  const tasks = plan.vantages.map((vantage) => askVantage({ ...shared, vantage, signal: ended }))
  try {
    edges.onOpened?.()
    return await Promise.all(tasks)
  } finally {
    stop.abort()
    await Promise.allSettled(tasks)
  }
}
