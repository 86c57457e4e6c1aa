import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { alerts } from '../helpers/alerts.ts'

// deploy/chart/values.yaml, its schema and the table in docs/deploy.md. What Helm makes of them: .ci/chart.mjs.

type Tree = Readonly<Record<string, unknown>>
const values = (): Tree => parse(readFileSync('deploy/chart/values.yaml', 'utf8')) as Tree
const schema = JSON.parse(readFileSync('deploy/chart/values.schema.json', 'utf8')) as Tree
const accepts = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema)

/** The defaults with one value, named by its path, put in place of another. */
function changed(path: string, to: unknown): Tree {
  const tree = structuredClone(values()) as Record<string, unknown>
  const keys = path.split('.')
  const last = keys.pop()!
  const parent = keys.reduce((at, key) => at[key] as Record<string, unknown>, tree)
  parent[last] = to
  return tree
}

test('the defaults → accepted', () => assert.ok(accepts(values()), JSON.stringify(accepts.errors)))

suite('a mistake is refused, by its place', () => {
  const cases: readonly (readonly [path: string, value: unknown, place: string])[] = [
    ['imaeg', {}, ''],
    ['metallb.namespace', '', '/metallb/namespace'],
    ['metallb.namespace', 'Metal LB', '/metallb/namespace'],
    ['image.digest', 'latest', '/image/digest'],
    ['image.pullPolicy', 'Sometimes', '/image/pullPolicy'],
    ['metrics.port', 0, '/metrics/port'],
    ['metrics.port', '10806', '/metrics/port'],
    ['heapMegabytes', 8, '/heapMegabytes'],
    ['terminationGracePeriodSeconds', 1, '/terminationGracePeriodSeconds'],
    ['tolerations', { operator: 'Exists' }, '/tolerations'],
    ['prometheusRule.alerts.ArpcheckVIPSilent.for', '30', '/prometheusRule/alerts/ArpcheckVIPSilent/for'],
    ['prometheusRule.alerts.ArpcheckVIPSilent.threshold', 3, '/prometheusRule/alerts/ArpcheckVIPSilent'],
    ['prometheusRule.alerts.ArpcheckVIPLoud', { enabled: true }, '/prometheusRule/alerts'],
    ['prometheusRule.runbooks', 'docs', '/prometheusRule/runbooks'],
    ['podMonitor.interval', '15 s', '/podMonitor/interval'],
  ]
  for (const [path, value, place] of cases)
    test(`${path}: ${JSON.stringify(value)} → ${place === '' ? 'the whole' : place}`, () => {
      assert.equal(accepts(changed(path, value)), false)
      assert.equal(accepts.errors?.[0]?.instancePath, place)
    })
})

test('schema and values have the same keys', () => {
  const same = (tree: Tree, part: Tree, path: string): string[] => {
    const known = Object.keys((part['properties'] ?? {}) as Tree).filter((key) => key !== 'global')
    const missing = known.filter((key) => !(key in tree)).map((key) => `${path}${key}`)
    const below = known.flatMap((key) => {
      const [value, rule] = [tree[key], (part['properties'] as Record<string, Tree>)[key]!]
      return rule['properties'] === undefined ? [] : same(value as Tree, rule, `${path}${key}.`)
    })
    return [...missing, ...below]
  }
  assert.deepEqual(same(values(), schema, ''), [])
})

test('each alert can be switched, and there is no switch without an alert', () => {
  const { alerts: switches } = values()['prometheusRule'] as { alerts: Tree }
  assert.deepEqual(
    Object.keys(switches),
    alerts().map(({ alert }) => alert),
  )
})

test('the table in docs/deploy.md is that of values.yaml, and says something of each', () => {
  const { status, stderr } = spawnSync(process.execPath, ['.ci/values.mjs', '--check'], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
})
