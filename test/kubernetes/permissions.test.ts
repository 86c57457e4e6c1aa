import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { type ClusterSnapshot, INPUTS } from '../../src/core/cluster.ts'
import { seededRandom } from '../../src/core/random.ts'
import { openCluster, readCluster } from '../../src/kubernetes/main.ts'
import type { ApiDouble } from '../../src/lab/api/double.ts'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
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

test('the table of docs/permissions.md grants what deploy/rbac.yaml grants, line by line', () => {
  const inTable = documented().flatMap(({ permissions }) => permissions)
  assert.deepEqual([...new Set(inTable)].toSorted(), granted(manifest()).toSorted())
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
  assert.deepEqual(unreadable(snapshot), [])

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
  await until('all watches stand', () => double.api.watches.length === 11)

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
    const snapshot = await readCluster(options, CHANCES)
    assert.deepEqual(unreadable(snapshot), [input])
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

function isInput(input: string): input is (typeof INPUTS)[number] {
  return (INPUTS as readonly string[]).includes(input)
}

function unreadable(snapshot: ClusterSnapshot): readonly string[] {
  return INPUTS.filter((input) => snapshot.inputs[input].readable !== 'yes')
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
    /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+)(?=\/[^/]+))?\/([^/]+)(?:\/([^/]+))?$/.exec(path)
  const [, group = '', namespace = null, plural = '', name] = parts ?? []
  const verbs: Readonly<Record<string, string>> = {
    GET: name === undefined ? 'list' : 'get',
    POST: 'create',
    PUT: 'update',
  }
  const kind = group === '' ? plural : `${plural}.${group}`
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
