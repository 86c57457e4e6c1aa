import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import { namespaceNamed } from '../../src/lab/api/objects.ts'
import type { Answer } from '../helpers/api-client.ts'
import { apply, type Backend, collection } from '../helpers/backend.ts'
import { CASES, helm, NO_HELM, rendered } from '../helpers/chart.ts'
import { file } from '../helpers/double.ts'
import { documented, manifest, type Permission } from '../helpers/rbac.ts'
import { realBackend } from './backend.ts'
import { binary, NOT_HERE } from './real.ts'

// deploy/arpcheck.yaml and all that the chart can make, shown to a real kube-apiserver: server-side apply, strict about
// fields. Not covered: what a kubelet makes of the Pods; .ci/image.mjs runs the image with the same rights.

let backend: Backend
before(async () => {
  if (binary === undefined) return
  backend = await realBackend(binary)
  for (const name of ['metallb-system', 'monitoring', 'by-helm', 'restricted', 'baseline'])
    await apply(backend.admin, space(name))
  await apply(
    backend.admin,
    manifest('deploy/arpcheck.yaml').find(({ kind }) => kind === 'Namespace')!,
  )
  for (const crd of manifest('test/fixtures/monitoring/crds.yaml')) await apply(backend.admin, crd)
  await eventually('PodMonitors', '/apis/monitoring.coreos.com/v1/podmonitors')
  await eventually('PrometheusRules', '/apis/monitoring.coreos.com/v1/prometheusrules')
  await eventually('kube-system', '/api/v1/namespaces/kube-system')
})
after(() => backend?.close())

/** CRDs are served a moment after they were created, and the server makes its own namespaces once it runs. */
async function eventually(what: string, path: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if ((await backend.admin.ask('GET', path)).status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`not within 20 s: ${what}`)
}

/** A namespace whose Pod Security is as its name says, unless that is no level. */
function space(name: string): ApiObject {
  const level = ['restricted', 'baseline'].includes(name) ? name : 'privileged'
  const labels = Object.fromEntries(
    ['enforce', 'warn'].map((what) => [`pod-security.kubernetes.io/${what}`, level]),
  )
  return { ...namespaceNamed(name), metadata: { name, labels } }
}

/** As `kubectl apply --server-side`, and unless `really` as its --dry-run=server. */
function show(object: ApiObject, really = false): Promise<Answer> {
  const query = `fieldManager=test&fieldValidation=Strict${really ? '' : '&dryRun=All'}`
  const path = `${collection(object)}/${object.metadata.name}?${query}`
  return backend.admin.ask('PATCH', path, object, 'application/apply-patch+yaml')
}

async function refused(objects: readonly ApiObject[], really = false): Promise<readonly string[]> {
  const answers = await Promise.all(objects.map((object) => show(object, really)))
  return answers.filter(({ status }) => status >= 300).map(({ text }) => text)
}

test('deploy/arpcheck.yaml, server-side dry-run → each object is admitted', { skip: NOT_HERE }, async () => {
  assert.deepEqual(await refused(manifest('deploy/arpcheck.yaml')), [])
})

for (const values of CASES)
  test(
    `the chart with ${values} values → each object is admitted, no name is there twice`,
    { skip: NOT_HERE || NO_HELM },
    async () => {
      const objects = rendered(values)
      const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace} ${metadata.name}`)
      assert.equal(new Set(names).size, names.length)
      assert.deepEqual(await refused(objects), [])
    },
  )

test('with everything on → every kind that the chart has', { skip: NOT_HERE || NO_HELM }, () => {
  const kinds = new Set(rendered('everything').map(({ kind }) => kind))
  for (const kind of ['DaemonSet', 'Pod', 'PodMonitor', 'PrometheusRule', 'ClusterRole', 'Role', 'ConfigMap'])
    assert.ok(kinds.has(kind), kind)
})

test(
  'a field that nobody knows → refused, in a DaemonSet as in a PodMonitor',
  { skip: NOT_HERE || NO_HELM },
  async () => {
    const kinds = ['DaemonSet', 'PodMonitor']
    const objects = rendered('everything').filter(({ kind }) => kinds.includes(kind))
    const broken = objects.map((object) => ({ ...object, spec: { ...(object['spec'] as object), bogus: 1 } }))
    const texts = await refused(broken)
    assert.equal(texts.length, 2)
    for (const text of texts) assert.match(text, /field not declared in schema|unknown field/)
  },
)

test(
  'its Pod is admitted where Pod Security is privileged, and refused by baseline and restricted',
  { skip: NOT_HERE },
  async () => {
    const spaces = ['arpcheck', 'baseline', 'restricted']
    const answers = await Promise.all(spaces.map((name) => show(podIn(name))))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 403, 403],
    )
    for (const { text } of answers.slice(1)) assert.match(text, /host namespaces.*hostNetwork=true/)
    // Of what restricted asks beyond baseline it lacks nothing but what a raw socket on the host's network needs.
    assert.doesNotMatch(answers[2]!.text, /runAsNonRoot|seccompProfile|allowPrivilegeEscalation/)
  },
)

/** As the DaemonSet's controller would make it. */
function podIn(namespace: string): ApiObject {
  const { spec } = manifest('deploy/arpcheck.yaml').find(({ kind }) => kind === 'DaemonSet')!
  const { template } = spec as { template: { metadata: object; spec: object } }
  const metadata = { ...template.metadata, name: 'arpcheck-x1y2z', namespace }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec }
}

test('applied, and applied again → the second time nothing changes', { skip: NOT_HERE }, async () => {
  const objects = manifest('deploy/arpcheck.yaml')
  assert.deepEqual(await refused(objects, true), [])
  const versions = (): Promise<readonly unknown[]> =>
    Promise.all(objects.map(async (object) => (await backend.admin.ask('GET', pathOf(object))).json)).then(
      (all) => all.map((one) => (one as ApiObject).metadata.resourceVersion),
    )
  const first = await versions()
  assert.deepEqual(await refused(objects, true), [])
  assert.deepEqual(await versions(), first)
})

function pathOf(object: ApiObject): string {
  return `${collection(object)}/${object.metadata.name}`
}

test(
  'the account may do each thing of docs/permissions.md, and none of these',
  { skip: NOT_HERE },
  async () => {
    await refused(manifest('deploy/arpcheck.yaml'), true)
    // Granted by speakerMetrics.enabled alone.
    const metrics = /metrics/
    const lines = documented().flatMap(({ permissions }) => permissions.filter((one) => !metrics.test(one)))
    const may = await Promise.all(lines.map(async (one) => [one, await isAllowed(one)] as const))
    assert.deepEqual(
      may.filter(([, allowed]) => !allowed),
      [],
    )
    const not = [
      'list secrets in metallb-system',
      'get secrets/other in metallb-system',
      'get secrets/memberlist in arpcheck',
      'delete leases.coordination.k8s.io in arpcheck',
      'update leases.coordination.k8s.io in kube-system',
      'delete pods in metallb-system',
      'update services',
      'update nodes',
      'create pods in arpcheck',
    ]
    const allowed = await Promise.all(not.map(async (one) => ((await isAllowed(one)) ? [one] : [])))
    assert.deepEqual(allowed.flat(), [])
  },
)

/** What the server's own authorizer says, by a SubjectAccessReview. */
async function isAllowed(permission: Permission): Promise<boolean> {
  const parts = /^(\w+) ([a-z0-9]+)(?:\.([\w.]+))?(?:\/(\S+))?(?: in (\S+))?$/.exec(permission)
  const [, verb, resource, group = '', name = '', namespace = ''] = parts ?? []
  const answer = await backend.admin.ask('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: 'system:serviceaccount:arpcheck:arpcheck',
      groups: ['system:serviceaccounts', 'system:authenticated'],
      resourceAttributes: { verb, group, resource, name, namespace },
    },
  })
  return (answer.json as { status: { allowed: boolean } }).status.allowed
}

test(
  'helm install, upgrade with another configuration, uninstall → a new roll-out, and nothing is left',
  { skip: NOT_HERE || NO_HELM },
  async (t) => {
    const run = (...args: readonly string[]): string =>
      execFileSync(
        helm!,
        [...args, '--namespace', 'by-helm', '--kubeconfig', file(t, 'kubeconfig', backend.adminKubeconfig)],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
      )
    const own = '/apis/apps/v1/namespaces/by-helm/daemonsets/watch-arpcheck'
    const rollout = async (): Promise<unknown> => {
      const { spec } = (await backend.admin.ask('GET', own)).json as { spec: { template: Pod } }
      return spec.template.metadata.annotations['arpcheck.io/config']
    }
    const notes = run('install', 'watch', 'deploy/chart')
    assert.match(notes, /rollout status daemonset\/watch-arpcheck/)
    assert.match(notes, /pulled from nowhere/)
    const first = await rollout()
    run('upgrade', 'watch', 'deploy/chart', '--set', 'config.interval=10s')
    assert.notEqual(await rollout(), first)
    run('uninstall', 'watch')
    const left = ['configmaps', 'serviceaccounts', 'secrets'].map(
      (kind) => `/api/v1/namespaces/by-helm/${kind}`,
    )
    const names = await Promise.all(left.map((path) => namesAt(path)))
    assert.deepEqual(
      names.flat().filter((name) => !/^(?:kube-root-ca\.crt|default)$/.test(name)),
      [],
    )
    assert.equal((await backend.admin.ask('GET', own)).status, 404)
  },
)

interface Pod {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> }
}

async function namesAt(path: string): Promise<readonly string[]> {
  const { items } = (await backend.admin.ask('GET', path)).json as { items: readonly ApiObject[] }
  return items.map(({ metadata }) => metadata.name)
}
