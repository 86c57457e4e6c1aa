import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { METRICS, type MetricFamily, RUNTIME_METRICS } from '../../src/core/watch/metric-names.ts'

/** One matcher of a selector, and the values it names; none where it holds a pattern or a variable. */
interface Matcher {
  readonly label: string
  readonly values: readonly string[]
}

export interface Selector {
  readonly metric: string
  readonly matchers: readonly Matcher[]
}

/** Labels that the scrape gives to every series. */
const OF_TARGET = ['instance', 'job', 'cluster', 'vantage']
const OURS = /\b(?:arpcheck|process|nodejs)_\w+\b(?!\s*\()/g
const FAMILIES: Readonly<Record<string, MetricFamily>> = METRICS

/** Each metric that a query names, with its matchers. Not covered: metrics of others. */
export function selectors(expr: string): readonly Selector[] {
  const plain = expr.replaceAll(/vip:\w+:\w+/g, '')
  return [...plain.matchAll(OURS)].map((match) => ({
    metric: match[0],
    matchers: matchersAt(plain.slice(match.index + match[0].length)),
  }))
}

function matchersAt(rest: string): readonly Matcher[] {
  const inside = /^\{([^}]*)\}/.exec(rest)?.[1] ?? ''
  return [...inside.matchAll(/(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"/g)].map(([, label = '', , value = '']) => ({
    label,
    values: /^[\w|]+$/.test(value) ? value.split('|') : [],
  }))
}

/** What in a query does not exist: a metric, a label of it, or a value of a label whose values are a closed set. */
export function unknownIn(expr: string): readonly string[] {
  return selectors(expr).flatMap(({ metric, matchers }) => {
    if ((RUNTIME_METRICS as readonly string[]).includes(metric)) return []
    const family = familyOf(metric)
    if (family === undefined) return [metric]
    return matchers.flatMap((matcher) => unknownMatcher(metric, family, matcher))
  })
}

function unknownMatcher(metric: string, { labels }: MetricFamily, { label, values }: Matcher): string[] {
  if (OF_TARGET.includes(label) || label === 'le') return []
  const known = labels[label]
  if (known === undefined) return [`${metric}{${label}}`]
  return values.flatMap((value) =>
    known?.includes(value) === false ? [`${metric}{${label}="${value}"}`] : [],
  )
}

/** A histogram is three series, a counter or gauge is one. */
function familyOf(metric: string): MetricFamily | undefined {
  const histogram = FAMILIES[metric.replace(/_(?:bucket|sum|count)$/, '')]
  return histogram?.type === 'histogram' ? histogram : FAMILIES[metric]
}

/** Labels that a query groups or joins by, and that no metric of it and no label_replace in it has. */
export function unknownGroupings(expr: string): readonly string[] {
  const made = [
    ...expr.matchAll(/label_replace\((?:[^()]|\([^()]*\)|\((?:[^()]|\([^()]*\))*\))*?, "(\w+)",/g),
  ]
  const known = new Set([
    ...OF_TARGET,
    'le',
    ...made.map(([, name]) => name!),
    ...[...expr.matchAll(/"(\w+)", "\$1"/g)].map(([, name]) => name!),
    ...selectors(expr).flatMap(({ metric }) => Object.keys(familyOf(metric)?.labels ?? {})),
    ...(/vip:\w+:/.test(expr) ? ['vip'] : []),
  ])
  const used = [...expr.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/\s*,\s*/))
  return used.filter((label) => label !== '' && !known.has(label))
}

/** Why tests skip that need promtool, or false. */
export const NO_PROMTOOL =
  spawnSync('promtool', ['--version']).status === 0
    ? false
    : 'needs promtool: apt-get install -y --no-install-recommends prometheus'

/** What promtool has against these queries, by its own parser; null where nothing. */
export function syntaxErrors(queries: readonly string[]): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'arpcheck-promql-'))
  const rules = queries.map((expr, index) => ({ record: `query:${index}`, expr }))
  writeFileSync(join(folder, 'rules.yaml'), stringify({ groups: [{ name: 'queries', rules }] }))
  const result = promtool('check', 'rules', join(folder, 'rules.yaml'))
  rmSync(folder, { recursive: true })
  return result
}

/** One series from the start on, at one value. */
export interface Given {
  readonly series: string
  readonly value: number
}

/** What promtool has against the claim that, given these, each query gives these samples; null where nothing. */
export function wrongResults(
  given: readonly Given[],
  claims: readonly { readonly expr: string; readonly samples: Readonly<Record<string, number>> }[],
): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'arpcheck-promql-'))
  const input = given.map(({ series, value }) => ({ series, values: `${value}x40` }))
  const expected = claims.map(({ expr, samples }) => ({
    expr,
    eval_time: '5m',
    exp_samples: Object.entries(samples).map(([labels, value]) => ({ labels, value })),
  }))
  const tests = [{ interval: '15s', input_series: input, promql_expr_test: expected }]
  writeFileSync(join(folder, 'tests.yaml'), stringify({ rule_files: [], evaluation_interval: '15s', tests }))
  const result = promtool('test', 'rules', join(folder, 'tests.yaml'))
  rmSync(folder, { recursive: true })
  return result
}

export function promtool(...args: readonly string[]): string | null {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' })
  return status === 0 ? null : `${stdout}${stderr}`
}
