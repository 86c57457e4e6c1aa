import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test, type TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { type ClusterSnapshot, INPUTS } from '../../src/core/cluster.ts'
import { seededRandom } from '../../src/core/random.ts'
import { openCluster, readCluster } from '../../src/kubernetes/main.ts'
import type { ApiDouble } from '../../src/lab/api/double.ts'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import { apiClient } from '../helpers/api-client.ts'
import { doubleWith, file } from '../helpers/double.ts'
import { homelab } from '../helpers/homelab.ts'
import { documented, granted, line, manifest, type Permission } from '../helpers/rbac.ts'
import { until } from '../helpers/until.ts'

// docs/permissions.md, deploy/rbac.yaml and what is really asked for say the same. The same manifest on a real API server:
// test/apiserver.

const ACCOUNT = { name: 'system:serviceaccount:arpcheck:arpcheck', groups: ['system:authenticated'] }
const CHANCES = { clock: systemClock, random: seededRandom(1) }
/** Of a pod whose namespace is arpcheck; MetalLB is found. */
const OWN = { ownNamespace: 'arpcheck', env: {} }

async function withManifest(
  t: TestContext,
  objects: readonly ApiObject[],
): Promise<{ readonly double: ApiDouble; readonly kubeconfig: string }> {
  const double = await doubleWith(t, [...homelab(), ...objects])
  const kubeconfig = file(t, 'kubeconfig', double.kubeconfigFor(double.api.tokens.issue(ACCOUNT)))
  return { double, kubeconfig }
}

/** For --speaker-metrics alone. */
const METRICS = 'deploy/speaker-metrics.yaml'

test('the table of docs/permissions.md grants what both manifests grant, line by line', () => {
  const inTable = documented().flatMap(({ permissions }) => permissions)
  assert.deepEqual(
    [...new Set(inTable)].toSorted(),
    granted([...manifest(), ...manifest(METRICS)]).toSorted(),
  )
})

suite('the token that speakers are shown', () => {
  const signal = new AbortController().signal

  test('is one of arpcheck-metrics, opens /metrics for ten minutes, and nothing else', async (t) => {
    let laterMs = 0
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + laterMs }
    const double = await doubleWith(t, [...homelab(), ...manifest(), ...manifest(METRICS)], { clock })
    const kubeconfig = file(t, 'kubeconfig', double.kubeconfigFor(double.api.tokens.issue(ACCOUNT)))
    const cluster = openCluster({ ...OWN, kubeconfig }, CHANCES)
    t.after(() => cluster.close())
    const given = await cluster.metricsToken(signal)
    assert.ok(given.token !== null)
    assert.equal(
      double.api.tokens.userWith(given.token)?.name,
      'system:serviceaccount:arpcheck:arpcheck-metrics',
    )
    const client = apiClient(double.kubeconfigFor(given.token))
    const paths = ['/metrics', '/api/v1/nodes', '/api/v1/namespaces/metallb-system/secrets/memberlist']
    const statuses = await Promise.all(paths.map(async (path) => (await client.ask('GET', path)).status))
    assert.deepEqual(statuses, [200, 403, 403])
    const [asked, ...more] = double.api.requests.filter(({ method }) => method === 'POST')
    assert.equal(more.length, 0)
    assert.deepEqual(
      [permissionOf(asked!)],
      granted(manifest(METRICS)).filter((one) => !one.endsWith(' /metrics')),
    )
    laterMs = 601_000
    assert.equal(double.api.tokens.userWith(given.token), null)
  })

  test('is had by a client certificate too, whose holder has no token of his own', async (t) => {
    const double = await doubleWith(t, [...homelab(), ...manifest(METRICS)])
    const cluster = openCluster({ env: {}, kubeconfig: file(t, 'k', double.adminKubeconfig) }, CHANCES)
    t.after(() => cluster.close())
    assert.notEqual((await cluster.metricsToken(signal)).token, null)
  })

  test('is another for each account: of its own arpcheck may not ask for one', async (t) => {
    const { double, kubeconfig } = await withManifest(t, [...manifest(), ...manifest(METRICS)])
    const client = apiClient(readFileSync(kubeconfig, 'utf8'))
    const answer = await client.ask('POST', '/api/v1/namespaces/arpcheck/serviceaccounts/arpcheck/token', {})
    assert.deepEqual([answer.status, double.api.requests.length], [403, 1])
  })

  for (const [what, objects, as, why] of [
    ['no such account', [], 'admin', 'absent'],
    [
      'no right to ask for it',
      manifest(),
      'account',
      { denied: 'create serviceaccounts/token/arpcheck-metrics in namespace arpcheck' },
    ],
  ] as const) {
    test(`${what} → none, and why; no throw`, async (t) => {
      const { double, kubeconfig } = await withManifest(t, objects)
      const path = as === 'admin' ? file(t, 'k', double.adminKubeconfig) : kubeconfig
      const cluster = openCluster({ ...OWN, kubeconfig: path }, CHANCES)
      t.after(() => cluster.close())
      assert.deepEqual(await cluster.metricsToken(signal), { namespace: 'arpcheck', token: null, why })
    })
  }

  test('an API that is away, or that answers with something else → none, and why', async (t) => {
    const { double, kubeconfig } = await withManifest(t, [...manifest(), ...manifest(METRICS)])
    const cluster = openCluster({ ...OWN, kubeconfig }, CHANCES)
    t.after(() => cluster.close())
    double.api.faults.add({ times: 1, does: { status: 500 } })
    const first = await cluster.metricsToken(signal)
    assert.ok(first.token === null && typeof first.why === 'object' && 'failed' in first.why)
    await double.wire.refuse()
    double.wire.reset()
    assert.equal((await cluster.metricsToken(signal)).token, null)
  })
})

test('the table has a row for each input, and each says what is lost', () => {
  const rows = documented()
  assert.deepEqual(
    INPUTS.filter((input) => !rows.some((row) => row.input === input)),
    [],
  )
  assert.deepEqual(
    rows.filter((row) => row.without.length < 20),
    [],
  )
})

test('a one-shot, a daemon and its record use every permission of the manifest, and are refused only what is wide', async (t) => {
  const { double, kubeconfig } = await withManifest(t, manifest())
  const cluster = openCluster({ ...OWN, kubeconfig }, CHANCES)
  t.after(() => cluster.close())
  const snapshot = await cluster.read()
  assert.deepEqual(unreadable(snapshot), DAEMONS_ALONE)

  // A daemon falls back to events where there is no ServiceL2Status.
  const watch = cluster.follow({ startWithinMs: 0 })
  await watch.ready()
  assert.deepEqual(unreadable(watch.snapshot()), ['events'])
  const signal = new AbortController().signal
  assert.equal((await cluster.memberlistSecret('metallb-system', signal)).name, 'memberlist')
  double.api.remove('Secret', 'metallb-system', 'memberlist')
  assert.deepEqual(await cluster.memberlistSecret('metallb-system', signal), { name: null, why: 'absent' })
  assert.equal(await cluster.publishNics('nuc-2', [], signal), 'created')
  assert.equal(await cluster.publishNics('nuc-1', [], signal), 'updated')
  await until('all watches stand', () => double.api.watches.length === 12)

  const asked = double.api.requests.map((request) => ({ ...request, permission: permissionOf(request) }))
  const used = asked.filter(({ status }) => status !== 403).map(({ permission }) => permission)
  assert.deepEqual(
    [...new Set(used)].filter((one) => !WIDE.test(one)).toSorted(),
    granted(manifest()).toSorted(),
  )
  assert.deepEqual(
    asked.filter(({ status, permission }) => status === 403 && !WIDE.test(permission)),
    [],
  )
})

/** Asked first, because a person may; a ServiceAccount may not, and is then asked for less. */
const WIDE = /^list ((daemonsets\.apps|pods)( in (metallb|kube-system))?|servicel2statuses\.metallb\.io)$/

for (const { input, permissions } of documented()) {
  if (!isInput(input)) continue
  test(`without ${permissions[0]} → ${input} alone is missing, and the permission is named`, async (t) => {
    const { kubeconfig } = await withManifest(
      t,
      manifest().map((object) => without(object, permissions)),
    )
    const options = { ...OWN, kubeconfig, metallbNamespace: 'metallb-system' }
    const isDaemons = DAEMONS_ALONE.includes(input)
    const snapshot = await (isDaemons ? followed(t, options) : readCluster(options, CHANCES))
    assert.deepEqual(
      unreadable(snapshot),
      isDaemons ? ['events', input].toSorted() : [...DAEMONS_ALONE, input].toSorted(),
    )
    const { readable } = snapshot.inputs[input]
    assert.match(
      typeof readable === 'object' && 'denied' in readable ? readable.denied : '',
      named(permissions[0]!),
    )
  })
}

test('without any permission → a snapshot that says so for each input, and no throw', async (t) => {
  const { kubeconfig } = await withManifest(t, [])
  const snapshot = await readCluster({ ...OWN, kubeconfig, metallbNamespace: 'metallb-system' }, CHANCES)
  assert.deepEqual(unreadable(snapshot).toSorted(), [...INPUTS].toSorted())
})

/** What a daemon knows once it has read all that it can. */
async function followed(
  t: TestContext,
  options: Parameters<typeof openCluster>[0],
): Promise<ClusterSnapshot> {
  const cluster = openCluster(options, CHANCES)
  t.after(() => cluster.close())
  const watch = cluster.follow({ startWithinMs: 0 })
  await watch.ready()
  return watch.snapshot()
}

/** A one-shot does not read it. */
const DAEMONS_ALONE: readonly string[] = ['daemonPods']

function isInput(input: string): input is (typeof INPUTS)[number] {
  return (INPUTS as readonly string[]).includes(input)
}

function unreadable(snapshot: ClusterSnapshot): readonly string[] {
  return INPUTS.filter((input) => snapshot.inputs[input].readable !== 'yes').toSorted()
}

/** `list pods in metallb-system` is told as `list pods in namespace metallb-system`. */
function named(permission: Permission): RegExp {
  const [, verb, kind, , namespace] = /^(\w+) ([\w.]+)(\/\S+)?(?: in (\S+))?$/.exec(permission) ?? []
  return new RegExp(
    `^${verb} ${kind}.* in ${namespace === undefined ? 'all namespaces' : `namespace ${namespace}`}$`,
  )
}

function permissionOf({ method, path, query, isWatch }: ApiDouble['api']['requests'][number]): Permission {
  const parts =
    /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+)(?=\/[^/]+))?\/([^/]+)(?:\/([^/]+))?(\/[^/]+)?$/.exec(
      path,
    )
  const [, group = '', namespace = null, plural = '', name, below = ''] = parts ?? []
  const verbs: Readonly<Record<string, string>> = {
    GET: name === undefined ? 'list' : 'get',
    POST: 'create',
    PUT: 'update',
  }
  const kind = `${group === '' ? plural : `${plural}.${group}`}${below}`
  const isNamed = name !== undefined && kind !== 'leases.coordination.k8s.io'
  return line(
    isWatch ? 'watch' : (verbs[method] ?? query.toString()),
    isNamed ? `${kind}/${name}` : kind,
    namespace,
  )
}

/** A role without these permissions. */
function without(object: ApiObject, permissions: readonly Permission[]): ApiObject {
  if (object['rules'] === undefined) return object
  type Rules = { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[]
  const split = (object['rules'] as Rules).flatMap((rule) =>
    rule.resources.flatMap((resource) =>
      (rule.resourceNames ?? [undefined]).map((name) => ({
        ...rule,
        resources: [resource],
        ...(name !== undefined && { resourceNames: [name] }),
      })),
    ),
  )
  const rules = split.filter(
    (rule) => !granted([{ ...object, rules: [rule] }]).some((one) => permissions.includes(one)),
  )
  return { ...object, rules }
}
