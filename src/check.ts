import { askVantage, type Asked } from './ask.ts'
import type { Capture, CaptureEvents } from './capture/capture.ts'
import type { Clock } from './clock.ts'
import { assemble, unaskedReport } from './core/assemble.ts'
import type { HostFacts } from './core/host.ts'
import { isIpv4, type Ip } from './core/ip.ts'
import { offSegment, type Expectation } from './core/judge.ts'
import { outcomeOf } from './core/outcome.ts'
import type { ErrorReport, FrameCounts, Report, VipReport } from './core/report.ts'
import type { Target } from './core/targets.ts'
import { planVantages, type VantagePlan } from './core/vantage.ts'
import { ArpcheckError } from './errors.ts'

export interface CheckOptions {
  readonly targets: readonly Target[]
  /** Addresses that nobody may hold: an answer for one is a squatter, the same MAC on two is proxy ARP. */
  readonly mustBeFree: readonly Ip[]
  /** Names given by the user; empty: every up interface that has a target on-link. */
  readonly interfaces: readonly string[]
  /** Broadcast who-has per VIP. */
  readonly count: number
  /** Time between two questions for one VIP. */
  readonly intervalMs: number
  /** How long to listen after the last question. */
  readonly timeoutMs: number
  /** Frames per second and interface; null: as fast as the kernel takes them. */
  readonly rate: number | null
  /** Sender address: `auto` is the interface's own in the VIP's subnet, else zero (RFC 5227). */
  readonly sender: 'auto' | 'zero' | Ip
  /** Sender addresses that are known beforehand: those of whoever asks in a capture that is replayed. */
  readonly senders?: ReadonlyMap<Ip, Ip>
}

/** The edges of one check, passed in so that tests and replays bring their own. */
export interface CheckEdges {
  readonly clock: Clock
  readonly hostFacts: () => HostFacts
  /** Opens one interface; throws an ArpcheckError. `frames` is how many replies a burst may bring. */
  readonly openCapture: (interfaceName: string, frames: number, events: CaptureEvents) => Capture
}

/**
 * Asks for every target once, listens, judges. An abort ends the listening and reports what is known; so does trouble
 * with an interface, on that interface alone. Throws an ArpcheckError where nothing can be asked.
 */
export async function check(options: CheckOptions, edges: CheckEdges, signal: AbortSignal): Promise<Report> {
  const [startedAt, startMs] = [
    new Date(Number(edges.clock.wallNs() / 1_000_000n)),
    edges.clock.monotonicMs(),
  ]
  const facts = edges.hostFacts()
  const plan = planOrThrow(options, facts)
  const asked = await askAll(plan, options, edges, signal)
  const shared = {
    facts,
    expectations: expectationsOf(options),
    mustBeFree: options.mustBeFree,
  }
  const outcomes = asked.map(({ past, trouble }, i) =>
    outcomeOf({
      ...shared,
      past,
      vantage: plan.vantages[i]!,
      interrupted: signal.aborted || trouble !== null,
    }),
  )
  const errors = errorsOf(asked)
  return assemble({
    startedAt,
    durationMs: edges.clock.monotonicMs() - startMs,
    interrupted: signal.aborted || errors.length > 0,
    errors,
    vantage: plan.vantages.map(({ link, ip }) => ({
      node: facts.hostname,
      interface: link.name,
      mac: link.mac,
      ip,
    })),
    canaries: outcomes.flatMap(({ canaries }) => canaries),
    frames: frameCounts(asked),
    vips: [...outcomes.flatMap(({ vips }) => vips), ...untestable(options, plan)],
    findings: outcomes.flatMap(({ findings }) => findings),
  })
}

/** All interfaces at once; one that cannot be opened stops the others before its error is thrown. */
async function askAll(
  { vantages }: VantagePlan,
  options: CheckOptions,
  edges: CheckEdges,
  signal: AbortSignal,
): Promise<Asked[]> {
  const stop = new AbortController()
  const ended = AbortSignal.any([signal, stop.signal])
  const tasks = vantages.map((vantage) => askVantage({ vantage, options, edges, signal: ended }))
  try {
    return await Promise.all(tasks)
  } finally {
    stop.abort()
    await Promise.allSettled(tasks)
  }
}

function expectationsOf({ targets }: CheckOptions): ReadonlyMap<Ip, Expectation> {
  return new Map(targets.map(({ vip, macs }) => [vip, macs ? { source: 'static', macs } : { source: 'any' }]))
}

function planOrThrow({ targets, interfaces }: CheckOptions, facts: HostFacts): VantagePlan {
  const plan = planVantages(
    targets.map(({ vip }) => vip),
    interfaces,
    facts,
  )
  if ('code' in plan) throw new ArpcheckError(plan.code, plan.message, { remedy: plan.remedy })
  return plan
}

/** Rows for what no interface here can ask: other segments, and IPv6, whose neighbour discovery is not spoken yet. */
function untestable({ targets }: CheckOptions, plan: VantagePlan): VipReport[] {
  const ipv6 = targets.map(({ vip }) => vip).filter((vip) => !isIpv4(vip))
  return [...plan.offSegment, ...ipv6].map((vip) => unaskedReport(vip, offSegment(vip)))
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
