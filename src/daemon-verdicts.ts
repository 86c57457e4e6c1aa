import { heldAt } from './core/again.ts'
import { unaskedReport } from './core/assemble.ts'
import { unknown, type Judgement } from './core/case.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import type { FindingCode, Severity } from './core/findings.ts'
import type { Ip } from './core/ip.ts'
import type { Mac } from './core/mac.ts'
import { outcomeOf, type Outcome } from './core/outcome.ts'
import type { VipReport } from './core/report.ts'
import type { PastRound } from './core/rounds.ts'
import type { Held } from './core/settle.ts'
import type { Vantage } from './core/vantage.ts'
import { deviates, isFault } from './core/verdict.ts'
import { detectionOf, historyFindings, outageBetween } from './core/watch/history-findings.ts'
import { TIMEOUT_MS } from './core/watch/timing.ts'
import { claimantsIn, countsForMs, heard, pastOf, type Hearsay } from './core/watch/hearsay.ts'
import {
  listened,
  looked,
  missed,
  named,
  NO_HISTORY,
  sighted,
  whoIs,
  type History,
} from './core/watch/history.ts'
import { holdsAfter, holdsFrom, holdsOf, type Hold, type Holds } from './core/watch/hold.ts'
import { pastFor, withBeside, type AddressLook } from './core/watch/address-looks.ts'
import type { Look } from './core/watch/moves.ts'
import type { Sighting } from './core/watch/passive.ts'
import type { Observation, VipState } from './core/watch/state.ts'
import { NO_TALLY, tallied } from './core/watch/tally.ts'
import type { Knowledge } from './daemon-cluster.ts'
import type { Gathered } from './daemon-gathered.ts'
import type { Port } from './daemon-port.ts'
import type { Look as ClusterLook } from './elected.ts'

/** What is remembered of one VIP that we watch. */
export interface Watched extends Pick<VipState, 'probes' | 'lastAnswerAt' | 'firedFindings'> {
  /** Null: not judged yet. */
  readonly row: VipReport | null
  readonly history: History
  readonly canaries: Outcome['canaries']
  /** The last look could not tell, as it heard nothing at all, or who should answer changed meanwhile: the next one does. */
  readonly isDoubted: boolean
  readonly hearsay: Hearsay
  /** Whom it was judged by, where nobody asks for it from here. */
  readonly judgedBy: string
}

/** How a VIP is judged that is not asked for from here. */
export interface Listening {
  readonly vantage: Vantage
  readonly intervalMs: number
  /** No node's, as far as that is known. */
  readonly isStranger: (mac: Mac) => boolean
  /** What is expected may be another since the last time. */
  readonly isReplanned: boolean
}

/** A question leaves a little before the hold-down ends, and its listening ends after it. */
const AHEAD_MS = 0.8 * TIMEOUT_MS
/** So long after it, what could not be judged is asked for again at once; then in its turn. */
const AGAIN_MS = 3 * TIMEOUT_MS
/** A miss so long ago belongs to the look that followed. */
const SAME_MS = 2 * TIMEOUT_MS

const NEW: Watched = {
  row: null,
  history: NO_HISTORY,
  canaries: [],
  isDoubted: false,
  hearsay: [],
  judgedBy: '',
  ...NO_TALLY,
  lastAnswerAt: null,
}

/** The verdicts of this vantage: the judge of a one-shot, its hold-down and a memory laid over it. */
export class Verdicts {
  readonly #watched = new Map<Ip, Watched>()
  readonly #knowledge: Knowledge
  readonly #now: () => { readonly ms: number; readonly at: number }
  readonly #observe: (observation: Observation) => void
  readonly #gathered: Gathered
  #holds: Holds = new Map()
  /** Hold-downs whose end was seen to already. */
  readonly #told = new Map<Ip, number>()

  constructor(
    knowledge: Knowledge,
    gathered: Gathered,
    now: () => { readonly ms: number; readonly at: number },
    observe: (observation: Observation) => void,
  ) {
    this.#knowledge = knowledge
    this.#gathered = gathered
    this.#now = now
    this.#observe = observe
  }

  get all(): ReadonlyMap<Ip, Watched> {
    return this.#watched
  }

  get(vip: Ip): Watched | undefined {
    return this.#watched.get(vip)
  }

  /** What is watched no more is forgotten, with its series. */
  keepOnly(vips: { has(vip: Ip): boolean }): void {
    for (const vip of this.#watched.keys()) if (!vips.has(vip)) this.#watched.delete(vip)
    for (const vip of this.#told.keys()) if (!vips.has(vip)) this.#told.delete(vip)
    this.#holds = holdsOf(this.#holds, vips)
  }

  sighted(sighting: Sighting): void {
    const before = this.#watched.get(sighting.vip) ?? NEW
    const isAnswer = sighting.how !== 'gratuitous' && sighting.relation === 'expected'
    this.#watched.set(sighting.vip, {
      ...before,
      history: sighted(before.history, sighting),
      hearsay: heard(before.hearsay, sighting),
      lastAnswerAt: isAnswer ? this.#now().at : before.lastAnswerAt,
    })
  }

  /** A question to one MAC was not answered: raw silence begins, and a broadcast decides. */
  missed(vip: Ip, sinceMs: number): void {
    const before = this.#watched.get(vip) ?? NEW
    this.#watched.set(vip, { ...before, history: missed(before.history, sinceMs) })
  }

  /** The expectation of these moved: what they show now may be lawful for a while. */
  moved(vips: Iterable<Ip>): void {
    const { holdDownMs } = this.#side().timing
    this.#holds = holdsFrom(this.#holds, vips, this.#now().ms, holdDownMs)
  }

  /** VIPs that still deviate, whose hold-down will be over when a question that leaves now is, each once. */
  due(): Ip[] {
    const nowMs = this.#now().ms
    const over = this.#pending().filter(([, { atMs }]) => atMs - AHEAD_MS <= nowMs)
    for (const [vip, { atMs }] of over) this.#told.set(vip, atMs)
    return over.map(([vip]) => vip)
  }

  /** Until the next of them. */
  dueInMs(): number {
    const nextMs = Math.min(...this.#pending().map(([, { atMs }]) => atMs - AHEAD_MS))
    return Math.max(1, nextMs - this.#now().ms)
  }

  #pending(): [Ip, Hold][] {
    return [...this.#holds].filter(
      ([vip, { atMs }]) =>
        this.#told.get(vip) !== atMs && this.#watched.get(vip)?.row?.verdict === 'settling',
    )
  }

  /** A broadcast look is over: it counts, and it is remembered. */
  lookedAt(vip: Ip, port: Port, look: AddressLook<ClusterLook>): void {
    const before = this.#watched.get(vip) ?? NEW
    const judged = this.#judged(vip, port, look)
    if (!judged) return
    const { row } = judged
    // a question that was alone proves nothing; it is made sure of at once, beside others
    if (row.reason === 'deaf-vantage' && before.row?.verdict === 'ok' && !before.isDoubted) {
      const history = missed(before.history, look.sinceMs)
      this.#watched.set(vip, { ...before, history, isDoubted: true })
      return
    }
    // nor does one during which who should answer changed: what stood stands, until the next one tells
    if (row.verdict === 'settling' && isFault(before.row?.verdict ?? 'ok') && !before.isDoubted)
      if (this.#overMs(vip) >= 0) return void this.#watched.set(vip, { ...before, isDoubted: true })
    const history = looked(named(before.history, row.answered), {
      sinceMs: look.sinceMs,
      atMs: look.endedMs!,
      ...shownBy(row, before.history),
      isLossy: look.loss !== 'none',
    })
    const { probes } = tallied(before, row)
    this.#keep(vip, { ...judged, history, probes, isDoubted: false })
    this.#tell(before, row, history, port.vantage.link.name)
    if (row.verdict === 'settling') this.#dueAgain(vip)
  }

  /** Its hold-down is over, but who should answer changed during the look that was to tell. */
  #dueAgain(vip: Ip): void {
    const overMs = this.#overMs(vip)
    if (overMs >= 0 && overMs < AGAIN_MS) this.#told.delete(vip)
  }

  /** Since its hold-down; less than 0: it goes on, or there is none. */
  #overMs(vip: Ip): number {
    return this.#now().ms - (this.#holds.get(vip)?.atMs ?? Infinity)
  }

  /** The same look, by what was heard since of others. */
  judgeAgain(vip: Ip, port: Port, look: AddressLook<ClusterLook>): void {
    const before = this.#watched.get(vip) ?? NEW
    const judged = this.#judged(vip, port, look)
    if (!judged) return
    const { row } = judged
    const deviatesSinceMs = before.history.deviatesSinceMs ?? (deviates(row.verdict) ? look.sinceMs : null)
    const history = { ...before.history, deviatesSinceMs }
    this.#keep(vip, { ...judged, history })
    this.#tellDetection(before, row, history)
  }

  /** What is known of one VIP, judged now; null: it is no VIP any more. */
  #judged(vip: Ip, { vantage, looks }: Port, { context, sinceMs }: AddressLook<ClusterLook>): Judged | null {
    const side = this.#knowledge.sideSince(context)
    if (!side.vips.has(vip)) return null
    const firstMs = this.#firstMissed(vip, sinceMs)
    const outcome = this.#outcome(vip, vantage, side, { past: pastFor(looks, vip), firstMs })
    this.#hold(vip, outcome)
    return { row: outcome.vips[0]!, canaries: outcome.canaries }
  }

  #hold(vip: Ip, { vips: [row], unsettled }: Outcome): void {
    const judged = new Map([[vip, { verdict: row!.verdict, held: unsettled.get(vip) ?? null }]])
    this.#holds = holdsAfter(this.#holds, judged, this.#now().ms)
  }

  /** Not asked for from here: judged by who was heard all the same, whenever that is somebody else. */
  overheard(vip: Ip, { vantage, intervalMs, isStranger, isReplanned }: Listening): void {
    const before = this.#watched.get(vip) ?? NEW
    // whoever was judged by nobody, and has heard nobody since, is as it was
    const isQuiet = before.hearsay.length === 0 && before.judgedBy === '' && before.row !== null
    if (isQuiet && !isReplanned && before.row.verdict !== 'settling') return
    const [side, nowMs] = [this.#side(), this.#now().ms]
    const sinceMs = nowMs - countsForMs(intervalMs, side.timing.holdDownMs)
    const claimants = claimantsIn(before.hearsay, sinceMs, isStranger)
    const judgedBy = claimants
      .map(({ mac }) => mac)
      .toSorted()
      .join()
    const isSame = before.row !== null && judgedBy === before.judgedBy && before.row.verdict !== 'settling'
    if (isSame && !isReplanned) return
    const outcome = this.#outcome(vip, vantage, side, { past: pastOf(vip, claimants), firstMs: nowMs })
    this.#hold(vip, outcome)
    const row = outcome.vips[0]!
    const shown = shownBy(row, before.history)
    const history = listened(named(before.history, row.answered), { atMs: nowMs, ...shown })
    this.#keep(vip, { row, canaries: [], history, judgedBy })
    this.#tell(before, row, history, vantage.link.name)
  }

  /** Nobody can test it from here: what is to be said of it all the same. */
  untested(vip: Ip, vantage: Vantage | null, judgement: Judgement = unknown('deaf-vantage', [])): void {
    const side = this.#side()
    const row = vantage
      ? this.#outcome(vip, vantage, side, { past: [], firstMs: this.#now().ms }).vips[0]!
      : unaskedReport(vip, judgement, side.vips.get(vip), side.expect(vip, new Set()))
    this.#keep(vip, { row, canaries: [] })
  }

  #side(): ClusterSide {
    return this.#knowledge.sideSince(this.#knowledge.look)
  }

  /** When the question left that shows the first deviation: it was lawful no longer ago than that. */
  #firstMissed(vip: Ip, sinceMs: number): number {
    const { row, history } = this.#watched.get(vip) ?? NEW
    const missedMs = history.silentSinceMs ?? sinceMs
    return row?.verdict === 'ok' && sinceMs - missedMs <= SAME_MS ? Math.min(missedMs, sinceMs) : sinceMs
  }

  #outcome(vip: Ip, vantage: Vantage, side: ClusterSide, { past, firstMs }: Seen): Outcome {
    const nowMs = this.#now().ms
    const leftMs = Math.max(0, side.timing.holdDownMs - (nowMs - firstMs))
    const free = this.#gathered.free(vantage.link.name, nowMs)
    const held = (ip: Ip): Held | null => heldAt(this.#holds.get(ip), nowMs)
    return outcomeOf({
      vantage: { ...vantage, vips: [vip] },
      // a neighbour entry of this host is what our own questions left there
      facts: { ...this.#knowledge.facts, neighbours: [] },
      expectations: new Map(),
      cluster: { ...side, claims: this.#gathered.claimsFor(vip, nowMs) },
      mustBeFree: free?.ips ?? [],
      past: withBeside(past, free?.past ?? null),
      echo: this.#gathered.echo(nowMs),
      heldFor: (ip) => ({ ...(held(ip) ?? { leftMs, moved: false }), watched: true }),
      interrupted: false,
    })
  }

  /** With what only a memory can find. */
  #keep(vip: Ip, { row, ...change }: Judged & Partial<Watched>): void {
    const before = this.#watched.get(vip) ?? NEW
    const after = { ...before, ...change }
    const { failoverMaxMs } = this.#side().timing
    const more = historyFindings(vip, after.history, { nowMs: this.#now().ms, failoverMaxMs })
    const findings = [...row.findings, ...more]
    const firedFindings = fired(before.firedFindings, findings)
    this.#watched.set(vip, { ...after, row: { ...row, findings }, firedFindings })
  }

  #tell(before: Watched, row: VipReport, history: History, name: string): void {
    const rttMs = row.answered[0]?.rttMs ?? null
    if (rttMs !== null) this.#observe({ what: 'rtt', interface: name, seconds: rttMs / 1000 })
    for (const one of outageBetween(before.history, history)) this.#observe(one)
    this.#tellDetection(before, row, history)
  }

  #tellDetection(before: Watched, { verdict }: VipReport, history: History): void {
    if (!isFault(verdict) || isFault(before.row?.verdict ?? 'ok')) return
    for (const one of detectionOf(history, verdict, this.#now().ms)) this.#observe(one)
  }
}

/** Who answered in a look, and whether that is as it should be. */
function shownBy(
  { verdict, answered }: VipReport,
  { deviatesSinceMs }: History,
): Pick<Look, 'answerers' | 'isGood'> {
  return {
    answerers: [...new Set(answered.map(whoIs))],
    isGood: !deviates(verdict) && !(verdict === 'unknown' && deviatesSinceMs !== null),
  }
}

interface Seen {
  readonly past: readonly PastRound[]
  readonly firstMs: number
}

interface Judged extends Pick<Watched, 'canaries'> {
  readonly row: VipReport
}

function fired(
  before: ReadonlyMap<FindingCode, Severity>,
  findings: VipReport['findings'],
): ReadonlyMap<FindingCode, Severity> {
  const isNew = findings.some(({ code }) => !before.has(code))
  return isNew
    ? new Map([...before, ...findings.map(({ code, severity }) => [code, severity] as const)])
    : before
}
