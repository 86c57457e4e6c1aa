import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  type Given,
  NO_PROMTOOL,
  syntaxErrors,
  unknownGroupings,
  unknownIn,
  wrongResults,
} from '../helpers/promql.ts'

// deploy/dashboard.json. Not covered: how Grafana draws it.

interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: { readonly uid: string }
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[]
  readonly panels?: readonly Panel[]
}

const text = readFileSync('deploy/dashboard.json', 'utf8')
const dashboard = JSON.parse(text) as {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] }
  readonly annotations: { readonly list: readonly { readonly expr: string }[] }
}
const panels = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])])
const queries = [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr),
].map(concrete)

/** As Grafana would ask it: variables are patterns, intervals are lengths of time. */
function concrete(expr: string): string {
  return expr
    .replaceAll(/\$__(?:rate_interval|range)\b/g, '5m')
    .replaceAll(/\$(?:namespace|vip|vantage)\b/g, '.*')
}

test('it is what .ci/dashboard.mjs makes', () => {
  const { status, stderr } = spawnSync(process.execPath, ['.ci/dashboard.mjs', '--check'], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
})

test('every query parses', { skip: NO_PROMTOOL }, () => {
  assert.ok(queries.length >= 25)
  assert.equal(syntaxErrors(queries), null)
  assert.match(syntaxErrors(['sum by (vip']) ?? '', /parse error|unclosed/)
})

test('every metric, label and label value is declared in metric-names.ts', () => {
  assert.deepEqual(
    queries.flatMap((expr) => [...unknownIn(expr), ...unknownGroupings(expr)]),
    [],
  )
  assert.deepEqual(unknownIn('arpcheck_vip_verdict{verdict="split_brain", nic="x"} + arpcheck_bogus'), [
    'arpcheck_vip_verdict{verdict="split_brain"}',
    'arpcheck_vip_verdict{nic}',
    'arpcheck_bogus',
  ])
  assert.deepEqual(unknownGroupings('sum by (vip, mac) (arpcheck_vip_verdict)'), ['mac'])
})

/** One VIP as one vantage sees it: its verdict, and who answers. */
function seen(
  vip: string,
  vantage: string,
  verdict: string,
  owners: readonly string[] = [],
): readonly Given[] {
  const from = `instance="${vantage}",vantage="${vantage}",vip="${vip}"`
  const one = (name: string, labels = ''): Given => ({ series: `${name}{${from}${labels}}`, value: 1 })
  const others = ['ok', 'silent', 'foreign', 'duplicate', 'unknown'].filter((name) => name !== verdict)
  return [
    one('arpcheck_vip_testable'),
    one('arpcheck_vip_verdict', `,verdict="${verdict}"`),
    ...others.map((name) => ({ ...one('arpcheck_vip_verdict', `,verdict="${name}"`), value: 0 })),
    ...owners.map((node) =>
      one('arpcheck_vip_observed_owner_info', `,node="${node}",mac="mac of ${node}",relation="node"`),
    ),
  ]
}

/** The only query of the panel with this title. */
function queryOf(title: string): string {
  const [target, ...more] = panels.find((panel) => panel.title === title)?.targets ?? []
  assert.ok(target !== undefined && more.length === 0, title)
  return concrete(target.expr)
}

test('five VIPs, each in another state → tiles, owners and matrix say so', { skip: NO_PROMTOOL }, () => {
  const given = [
    ...seen('.60', 'nuc-1', 'silent'),
    ...seen('.60', 'nuc-3', 'silent'),
    ...seen('.61', 'nuc-1', 'ok', ['nuc-3']),
    ...seen('.61', 'nuc-2', 'ok', ['nuc-3']),
    ...seen('.62', 'nuc-1', 'duplicate', ['nuc-2', 'nuc-3']),
    ...seen('.63', 'nuc-1', 'foreign', ['']),
    ...seen('.64', 'nuc-1', 'unknown'),
    ...seen('.65', 'nuc-1', 'ok', ['nuc-2']),
    ...seen('.65', 'nuc-4', 'silent'),
  ]
  const claims = {
    'VIPs fine': { '{}': 1 },
    'VIPs with a problem': { '{}': 4 },
    'VIPs not judged': { '{}': 1 },
    'Who answers': {
      '{vip=".60", node="nobody"}': 1,
      '{vip=".61", node="nuc-3"}': 1,
      '{vip=".62", node="two or more"}': 2,
      '{vip=".63", node="a stranger"}': 1,
      '{vip=".65", node="nuc-2"}': 1,
    },
    'VIP by vantage': {
      '{vip=".60", vantage="nuc-1"}': 4,
      '{vip=".60", vantage="nuc-3"}': 4,
      '{vip=".61", vantage="nuc-1"}': 1,
      '{vip=".61", vantage="nuc-2"}': 1,
      '{vip=".62", vantage="nuc-1"}': 4,
      '{vip=".63", vantage="nuc-1"}': 4,
      '{vip=".64", vantage="nuc-1"}': 3,
      '{vip=".65", vantage="nuc-1"}': 1,
      '{vip=".65", vantage="nuc-4"}': 4,
    },
    'VIPs per answering node': { '{node="nuc-2"}': 2, '{node="nuc-3"}': 2 },
  }
  const told = Object.entries(claims).map(([title, samples]) => ({ expr: queryOf(title), samples }))
  assert.equal(wrongResults(given, told), null)
})

test('its variables are the data source, namespace, vip and vantage, and each is used', () => {
  const names = dashboard.templating.list.map(({ name }) => name)
  assert.deepEqual(names, ['datasource', 'namespace', 'vip', 'vantage'])
  for (const name of names) assert.match(text, new RegExp(`\\$\\{?${name}\\b`))
  const used = [...text.matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name!)
  assert.deepEqual(
    used.filter((name) => !names.includes(name)),
    [],
  )
})

test('no data source is named but the variable', () => {
  const uids = [...text.matchAll(/"uid": "([^"]*)"/g)].map(([, uid]) => uid)
  assert.deepEqual(new Set(uids), new Set(['${datasource}', 'arpcheck']))
})

test('ids are unique, and no panel lies over another', () => {
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const cells = panels.flatMap(({ title, gridPos: { x, y, w, h } }) => {
    assert.ok(x + w <= 24, title)
    return Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`)
  })
  assert.equal(new Set(cells).size, cells.length)
})

test('it has the panels of the incident: who answers, VIP by vantage, four truths, members', () => {
  const titles = panels.map(({ title }) => title)
  for (const title of ['Who answers', 'VIP by vantage', 'Four truths', 'VIPs per answering node'])
    assert.ok(titles.includes(title), title)
  assert.equal(dashboard.panels.at(-1)?.type, 'row')
})
