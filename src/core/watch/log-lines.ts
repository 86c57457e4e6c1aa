import { NOT_READ_YET, type Readable } from '../cluster.ts'
import type { VipReport } from '../report.ts'
import { isFault, type VerdictName } from '../verdict.ts'
import type { LogLevel } from './config.ts'
import type { VipState, WatchState } from './state.ts'

/** One line of the log: the message is one of a closed set, all facts are fields. */
export interface LogLine {
  readonly level: LogLevel
  readonly message: LogMessage
  readonly fields: Readonly<Record<string, unknown>>
}

export type LogMessage =
  | 'verdict changed'
  | 'vip came'
  | 'vip went'
  | 'owner changed'
  | 'more vips changed'
  | 'input not readable'
  | 'input readable again'
  | 'vantage is deaf'
  | 'vantage hears again'
  | 'node does not answer'
  | 'node answers again'
  | 'member views elect differently'
  | 'member views agree again'
  | 'daemons are counted by their records'
  | 'daemons are counted by their pods'
  | 'configuration refused'
  | 'configuration loaded'

/** A change of everything at once, a switch that goes down for one, is told in so many lines and a count. */
const MOST_VIPS = 50
const MOST_OTHERS = 50

/** What to log of a step from one state to the next: changes, never states. */
export function changesBetween(before: WatchState, after: WatchState): readonly LogLine[] {
  const vips = vipLines(before, after)
  const left = vips.length - MOST_VIPS
  const more: readonly LogLine[] =
    left > 0 ? [{ level: 'warn', message: 'more vips changed', fields: { count: left } }] : []
  const others = [
    ...inputLines(before, after),
    ...interfaceLines(before, after),
    ...nodeLines(before, after),
    ...memberLines(before, after),
    ...daemonLines(before, after),
    ...configLines(before, after),
  ]
  return [...others.slice(0, MOST_OTHERS), ...byWeight(vips).slice(0, MOST_VIPS), ...more]
}

const WEIGHT: readonly LogLevel[] = ['error', 'warn', 'info', 'debug']

/** Faults first, so that a cut never hides one behind news. */
function byWeight(lines: readonly LogLine[]): readonly LogLine[] {
  return lines.toSorted((a, b) => WEIGHT.indexOf(a.level) - WEIGHT.indexOf(b.level))
}

function vipLines(before: WatchState, after: WatchState): LogLine[] {
  const gone = [...before.vips.values()].filter(({ vip }) => !after.vips.has(vip)).map((one) => went(one))
  return [...gone, ...[...after.vips.values()].flatMap((one) => linesOf(before.vips.get(one.vip), one))]
}

function went({ vip, services }: VipState): LogLine {
  return { level: 'info', message: 'vip went', fields: { vip, services } }
}

function linesOf(before: VipState | undefined, after: VipState): LogLine[] {
  const { vip, services, row } = after
  const came: LogLine[] = before ? [] : [{ level: 'info', message: 'vip came', fields: { vip, services } }]
  const [from, to] = [before?.row?.verdict ?? null, row?.verdict ?? null]
  if (row !== null && from !== to) return [...came, verdictLine(row, from)]
  const owners = before && after.ownerChanges > before.ownerChanges && row ? [ownerLine(row)] : []
  return [...came, ...owners]
}

function verdictLine(row: VipReport, from: VerdictName | null): LogLine {
  const { vip, services, verdict, reason, expected, answered, findings } = row
  return {
    level: isFault(verdict) ? 'error' : verdict === 'unknown' ? 'warn' : 'info',
    message: 'verdict changed',
    fields: {
      vip,
      services,
      interface: row.interface,
      from,
      verdict,
      ...(reason !== null && { reason }),
      expected: expected.nodes,
      answered: answered.slice(0, 8).map(({ mac, node }) => ({ mac, node })),
      findings: findings.map(({ code, message }) => ({ code, message })),
    },
  }
}

/** The verdict stayed, but another answers: a fail-over that went well. */
function ownerLine({ vip, services, verdict, answered }: VipReport): LogLine {
  const now = answered.slice(0, 8).map(({ mac, node }) => ({ mac, node }))
  return { level: 'info', message: 'owner changed', fields: { vip, services, verdict, answered: now } }
}

/** Inputs that fail alike are one line: while the API is away all of them do. */
function inputLines({ sources: old }: WatchState, { sources }: WatchState): LogLine[] {
  const turns = [...sources].flatMap(([input, { readable }]) => {
    const [was, is] = [troubleOf(old.get(input)?.readable ?? 'yes'), troubleOf(readable)]
    return was === is ? [] : [[input, is] as const]
  })
  const whys = [...new Set(turns.map(([, why]) => why))]
  return whys.map((why): LogLine => {
    const [first, ...more] = turns.filter((turn) => turn[1] === why).map(([input]) => input)
    const fields = more.length > 0 ? { inputs: [first, ...more] } : { input: first }
    return why === null
      ? { level: 'info', message: 'input readable again', fields }
      : { level: 'warn', message: 'input not readable', fields: { ...fields, why } }
  })
}

/** Null where nothing is wrong: a kind that this cluster does not have is no trouble, nor is a daemon that only begins. */
function troubleOf(readable: Readable): string | null {
  if (typeof readable === 'string') return null
  const why = 'denied' in readable ? `not allowed to ${readable.denied} (RBAC)` : readable.failed
  return why === NOT_READ_YET ? null : why
}

function interfaceLines({ interfaces: old }: WatchState, { interfaces }: WatchState): LogLine[] {
  return [...interfaces.values()].flatMap(({ name, canaries: { mustAnswer } }) =>
    turned(old.get(name)?.canaries.mustAnswer ?? null, mustAnswer, {
      bad: 'vantage is deaf',
      good: 'vantage hears again',
      fields: { interface: name },
    }),
  )
}

function nodeLines({ nodes: old }: WatchState, { nodes }: WatchState): LogLine[] {
  const others = [...nodes].filter(([node, { answers }]) => (old.get(node)?.answers ?? null) !== answers)
  return others.flatMap(([node, { answers }]) =>
    turned(old.get(node)?.answers ?? null, answers, {
      bad: 'node does not answer',
      good: 'node answers again',
      fields: { node },
    }),
  )
}

function memberLines({ membersDisagree: was }: WatchState, { membersDisagree: is }: WatchState): LogLine[] {
  const agree = (differ: boolean | null): boolean | null => (differ === null ? null : !differ)
  const words = {
    bad: 'member views elect differently',
    good: 'member views agree again',
    fields: {},
  } as const
  return turned(agree(was), agree(is), words)
}

/** Where Pods cannot tell, a daemon that crashes on a Ready node keeps its VIPs. */
function daemonLines({ daemons: old }: WatchState, { daemons }: WatchState): LogLine[] {
  const { by: was = 'pods' } = old ?? {}
  if (daemons === null || daemons.by === was) return []
  const { by, alive } = daemons
  return [{ level: 'info', message: `daemons are counted by their ${by}`, fields: { alive } }]
}

function configLines({ config: old }: WatchState, { config }: WatchState): LogLine[] {
  if (old.successful && !config.successful)
    return [{ level: 'error', message: 'configuration refused', fields: {} }]
  return config.loadedAt > old.loadedAt
    ? [{ level: 'info', message: 'configuration loaded', fields: {} }]
    : []
}

/** What is not known is no change; what begins well is no news. */
function turned(
  was: boolean | null,
  is: boolean | null,
  {
    bad,
    good,
    fields,
  }: { readonly bad: LogMessage; readonly good: LogMessage; readonly fields: LogLine['fields'] },
): LogLine[] {
  if (is === false && was !== false) return [{ level: 'warn', message: bad, fields }]
  return is === true && was === false ? [{ level: 'info', message: good, fields }] : []
}
