import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { alerts, rules } from '../helpers/alerts.ts'
import { NO_PROMTOOL, promtool, unknownGroupings, unknownIn } from '../helpers/promql.ts'

// deploy/alerts.yaml, its promtool tests and its runbooks. That it is what the chart makes: .ci/chart.mjs.

const TESTS = 'test/fixtures/monitoring/alerts.yaml'
const names = alerts().map(({ alert }) => alert)

test('promtool reads the rules, and nothing is there twice', { skip: NO_PROMTOOL }, () =>
  assert.equal(promtool('check', 'rules', '--lint=all', '--lint-fatal', 'deploy/alerts.yaml'), null),
)

test('each alert fires and stays quiet as its promtool tests say', { skip: NO_PROMTOOL }, () =>
  assert.equal(promtool('test', 'rules', TESTS), null),
)

test('no alert is without a test in which it fires, one just before, and one in which all is well', () => {
  interface Case {
    readonly alertname: string
    readonly exp_alerts: readonly unknown[]
  }
  const { tests } = parse(readFileSync(TESTS, 'utf8')) as { tests: { alert_rule_test?: Case[] }[] }
  const cases = tests.map(({ alert_rule_test: list = [] }) => list)
  for (const { alert, for: holds } of alerts()) {
    const own = cases.filter((list) => list.some(({ alertname }) => alertname === alert))
    const firing = own.filter((list) => list.some((one) => one.exp_alerts.length > 0))
    assert.ok(firing.length > 0, `${alert} never fires`)
    assert.ok(own.length > firing.length, `${alert} is never quiet throughout`)
    if (holds !== undefined)
      assert.ok(
        firing.every((list) => list[0]!.exp_alerts.length === 0),
        alert,
      )
  }
})

test('every metric, label and verdict in the rules is declared in metric-names.ts', () => {
  assert.deepEqual(
    rules().flatMap(({ expr }) => [...unknownIn(expr), ...unknownGroupings(expr)]),
    [],
  )
})

test('every recording rule that an expression reads is recorded', () => {
  const recorded = rules().map(({ record }) => record)
  const read = rules().flatMap(({ expr }) => expr.match(/vip:\w+:\w+/g) ?? [])
  assert.deepEqual(
    read.filter((name) => !recorded.includes(name)),
    [],
  )
})

test('each alert has its runbook, each runbook its alert', () => {
  const pages = readdirSync('docs/runbooks').filter((name) => name !== 'README.md')
  assert.deepEqual(pages.toSorted(), names.map((name) => `${name}.md`).toSorted())
  for (const { alert, annotations } of alerts())
    assert.equal(annotations['runbook'], `docs/runbooks/${alert}.md`)
})

for (const name of names)
  test(`the runbook of ${name} → meaning, impact, diagnosis, mitigation, none of them empty`, () => {
    const [title, ...parts] = readFileSync(`docs/runbooks/${name}.md`, 'utf8').split(/^## /m)
    assert.equal(title, `# ${name}\n\n`)
    const headings = parts.map((part) => part.split('\n')[0])
    assert.deepEqual(headings, ['Meaning', 'Impact', 'Diagnosis', 'Mitigation'])
    for (const part of parts) assert.ok(part.split('\n').slice(1).join(' ').trim().length > 40, part)
  })

test('severity and `for` of each alert are explained, as they are', () => {
  const table = readFileSync('docs/runbooks/README.md', 'utf8').matchAll(
    /^\| \[(\w+)\]\(\1\.md\) \| (\w+) \| (\S+) \| .{20,} \|$/gm,
  )
  const told = [...table].map(([, ...cells]) => cells)
  assert.deepEqual(
    told,
    alerts().map(({ alert, labels, for: holds }) => [alert, labels['severity'], holds ?? '-']),
  )
})

test('only what users notice is critical', () =>
  assert.deepEqual(
    alerts().flatMap(({ alert, labels }) => (labels['severity'] === 'critical' ? [alert] : [])),
    ['ArpcheckVIPSilent', 'ArpcheckVIPDuplicate', 'ArpcheckVIPForeign'],
  ))
