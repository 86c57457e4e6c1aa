import type { ApiObject } from '../../src/lab/api/kinds.ts'
import { metallbCrds, namespaceNamed, pool, secret } from '../../src/lab/api/objects.ts'
import { type Answer, apiClient, type ApiClient, type ApiJson } from './api-client.ts'
import { apply, type Backend, remove } from './backend.ts'

/**
 * What is asked of an API server, and what it answers with all that differs from run to run taken out. The real server's
 * answers are kept in test/fixtures/apiserver/traces.json; the double's must be the same.
 */
export interface Probe {
  readonly title: string
  /** Anything that JSON holds. */
  readonly ask: (backend: Backend) => Promise<unknown>
}

const MAPS = '/api/v1/namespaces/probe/configmaps'
const POOLS = '/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools'

/** The world that the probes are asked in. */
export async function prepare({ admin }: Backend): Promise<void> {
  const objects = [
    ...['probe', 'metallb-system', 'arpcheck'].map(namespaceNamed),
    ...metallbCrds(),
    ...['a', 'b', 'c'].map((name) => map(name)),
    secret('memberlist', { secretkey: 'x' }),
    role(),
    binding(),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'prober', namespace: 'probe' } },
  ]
  for (const object of objects) await apply(admin, object)
  await served(admin)
  await apply(admin, pool('probe', ['10.9.9.0/24']))
}

async function restart(backend: Backend): Promise<void> {
  await backend.restart()
  await served(backend.admin)
}

/** CRDs are served a moment after they were created, and a moment after the server says that it is ready. */
export async function served(admin: ApiClient): Promise<void> {
  const isServed = async (): Promise<boolean> => (await admin.ask('GET', POOLS)).status === 200
  for (let tries = 0; !(await isServed()) && tries < 200; tries++)
    await new Promise((resolve) => setTimeout(resolve, 50))
}

function map(name: string, labels: Readonly<Record<string, string>> = {}, data = 'x'): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'probe', labels },
    data: { data },
  }
}

function role(): ApiObject {
  const rules = [
    {
      apiGroups: [''],
      resources: ['secrets'],
      verbs: ['get', 'list', 'watch'],
      resourceNames: ['memberlist'],
    },
    { apiGroups: ['metallb.io'], resources: ['nothings'], verbs: ['list'] },
  ]
  const metadata = { name: 'prober', namespace: 'metallb-system' }
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules }
}

function binding(): ApiObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'prober', namespace: 'metallb-system' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'prober' },
    subjects: [{ kind: 'ServiceAccount', name: 'prober', namespace: 'probe' }],
  }
}

export async function tokenFor({ admin }: Backend, account: string, inNamespace: string): Promise<string> {
  const path = `/api/v1/namespaces/${inNamespace}/serviceaccounts/${account}/token`
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3600 },
  }
  const { json } = await admin.ask('POST', path, body)
  return (json as { status: { token: string } }).status.token
}

export const PROBES: readonly Probe[] = [
  {
    title: 'a list of a built-in kind: items without kind and apiVersion',
    ask: async ({ admin }) => shape(await admin.ask('GET', MAPS)),
  },
  {
    title: 'a list of a custom kind: items with kind and apiVersion',
    ask: async ({ admin }) => shape(await admin.ask('GET', POOLS)),
  },
  {
    title: 'a list in pages: token, how many are left, one version for all pages, in the order of names',
    ask: async ({ admin }) => {
      const first = await admin.ask('GET', `${MAPS}?limit=2`)
      const token = list(first).metadata.continue
      await apply(admin, map('between'))
      const second = await admin.ask('GET', `${MAPS}?limit=2&continue=${token}`)
      await remove(admin, map('between'))
      const sameVersion = list(first).metadata.resourceVersion === list(second).metadata.resourceVersion
      return { pages: [first, second].map(page), sameVersion }
    },
  },
  {
    title: 'a label selector: no count of what is left',
    ask: async ({ admin }) => {
      for (const name of ['a', 'b', 'c']) await apply(admin, map(name, { half: 'yes' }))
      return page(await admin.ask('GET', `${MAPS}?limit=2&labelSelector=half%3Dyes`))
    },
  },
  {
    title: 'resourceVersion=0 with a limit: everything, out of the cache',
    ask: async ({ admin }) => page(await admin.ask('GET', `${MAPS}?resourceVersion=0&limit=1`)),
  },
  {
    title: 'a version of the future: 504, to be asked again in a second',
    ask: async ({ admin }) => status(await admin.ask('GET', `${MAPS}?resourceVersion=999999999`)),
  },
  {
    title: 'a token whose revision etcd has forgotten: 410, with a token that goes on all the same',
    ask: async (backend) => {
      const { admin } = backend
      const token = list(await admin.ask('GET', `${MAPS}?limit=2`)).metadata.continue
      await apply(admin, map('later'))
      await remove(admin, map('later'))
      await backend.compact()
      // Since v1.34 the watch cache remembers what etcd has forgotten; a new one does not.
      await restart(backend)
      const expired = await admin.ask('GET', `${MAPS}?limit=2&continue=${token}`)
      const next = list(expired).metadata.continue
      const rest = await admin.ask('GET', `${MAPS}?limit=2&continue=${next}`)
      return { expired: status(expired), hasToken: typeof next === 'string', rest: names(rest) }
    },
  },
  {
    title: 'a watch from a version: what changed since, the deletion with a version of its own',
    ask: async ({ admin }) => {
      const from = list(await admin.ask('GET', MAPS)).metadata.resourceVersion
      await apply(admin, map('w'))
      await apply(admin, map('w', {}, 'changed'))
      await remove(admin, map('w'))
      await apply(admin, map('w'))
      const stream = await admin.watch(`${MAPS}?watch=1&resourceVersion=${from}&timeoutSeconds=20`)
      await stream.until(4)
      stream.close()
      await remove(admin, map('w'))
      const versions = stream.lines.map(({ object }) => Number(object.metadata.resourceVersion))
      const uids = new Set(stream.lines.map(({ object }) => object.metadata.uid))
      return {
        types: stream.lines.map(({ type, object }) => [type, object.kind, object.metadata.name]),
        rising: versions.every((version, i) => i === 0 || version > versions[i - 1]!),
        uids: uids.size,
      }
    },
  },
  {
    title: 'a watch without a version: everything is ADDED first',
    ask: async ({ admin }) => {
      const stream = await admin.watch(`${POOLS}?watch=1&timeoutSeconds=20`)
      await stream.until(1)
      stream.close()
      return stream.lines.map(({ type, object }) => [
        type,
        object.kind,
        object['apiVersion'],
        object.metadata.name,
      ])
    },
  },
  {
    title: 'a watch by label: what ceases to match is DELETED from it, what begins to is ADDED',
    ask: async ({ admin }) => {
      const from = list(await admin.ask('GET', MAPS)).metadata.resourceVersion
      const stream = await admin.watch(
        `${MAPS}?watch=1&resourceVersion=${from}&labelSelector=in%3Dyes&timeoutSeconds=20`,
      )
      await apply(admin, map('s', { in: 'no' }))
      await apply(admin, map('s', { in: 'yes' }))
      await apply(admin, map('s', { in: 'no' }))
      await stream.until(2)
      stream.close()
      await remove(admin, map('s'))
      return stream.lines.map(({ type, object }) => [type, object.metadata['labels']])
    },
  },
  {
    title: 'a watch with timeoutSeconds: a bookmark and a clean end',
    ask: async ({ admin }) => {
      const from = list(await admin.ask('GET', MAPS)).metadata.resourceVersion
      const query = `watch=1&resourceVersion=${from}&timeoutSeconds=3&allowWatchBookmarks=true`
      const stream = await admin.watch(`${MAPS}?${query}`)
      await apply(admin, map('a', { half: 'yes' }, 'touched'))
      await stream.untilEnd()
      const bookmark = stream.lines.find(({ type }) => type === 'BOOKMARK')
      return {
        changes: stream.lines.filter(({ type }) => type !== 'BOOKMARK').map(({ type }) => type),
        bookmark: bookmark && [bookmark.object.kind, bookmark.object['apiVersion']],
      }
    },
  },
  {
    title: 'a watch from before a restart: 200, then ERROR 410, then a clean end',
    ask: async (backend) => {
      const from = list(await backend.admin.ask('GET', MAPS)).metadata.resourceVersion
      for (const data of ['1', '2', '3']) await apply(backend.admin, map('r', {}, data))
      await backend.compact()
      await restart(backend)
      const stream = await backend.admin.watch(`${MAPS}?watch=1&resourceVersion=${from}&timeoutSeconds=20`)
      await stream.untilEnd()
      await remove(backend.admin, map('r'))
      const [first] = stream.lines
      const { kind, code, reason } = first?.object ?? {}
      return { status: stream.status, lines: stream.lines.length, first: [first?.type, kind, code, reason] }
    },
  },
  {
    title: 'a wrong token: 401',
    ask: async (backend) => {
      const { status: code, type, json } = await clientWith(backend, 'nonsense').ask('GET', MAPS)
      return { code, type, json }
    },
  },
  {
    title: 'a permission that is missing: 403, in words that name verb, resource and scope',
    ask: async (backend) => {
      const client = clientWith(backend, await tokenFor(backend, 'prober', 'probe'))
      const paths = ['/api/v1/nodes', '/api/v1/nodes?watch=1', `${MAPS}/a`, POOLS]
      const answers = await Promise.all(paths.map((path) => client.ask('GET', path)))
      return answers.map(status)
    },
  },
  {
    title: 'a kind that is not served: 404 in plain text to who may, 403 to who may not',
    ask: async (backend) => {
      const client = clientWith(backend, await tokenFor(backend, 'prober', 'probe'))
      const path = POOLS.replace('ipaddresspools', 'nothings')
      const [may, mayNot] = await Promise.all([
        client.ask('GET', path),
        client.ask('GET', path.replace('nothings', 'others')),
      ])
      return { may: [may.status, may.type, may.text.trim()], mayNot: status(mayNot) }
    },
  },
  {
    title: 'a Secret by resourceNames: a list is allowed by a field selector of that name alone',
    ask: async (backend) => {
      const client = clientWith(backend, await tokenFor(backend, 'prober', 'probe'))
      const path = '/api/v1/namespaces/metallb-system/secrets'
      const asked = [
        path,
        `${path}?fieldSelector=metadata.name%3Dmemberlist`,
        `${path}/memberlist`,
        `${path}/other`,
      ]
      const answers = await Promise.all(asked.map((one) => client.ask('GET', one)))
      return answers.map((answer) => answer.status)
    },
  },
  {
    title: 'a field that cannot be selected by: 400',
    ask: async ({ admin }) => status(await admin.ask('GET', '/api/v1/services?fieldSelector=spec.bogus%3D1')),
  },
  {
    title: 'Services by type',
    ask: async ({ admin }) =>
      (await admin.ask('GET', '/api/v1/services?fieldSelector=spec.type%3DLoadBalancer')).status,
  },
  {
    title: 'events by kind and source',
    ask: async ({ admin }) =>
      (
        await admin.ask(
          'GET',
          '/api/v1/events?fieldSelector=involvedObject.kind%3DService,source%3Dmetallb-speaker',
        )
      ).status,
  },
  {
    title: 'an object that is not there: 404 with its name',
    ask: async ({ admin }) => status(await admin.ask('GET', `${POOLS}/nobody`)),
  },
  {
    title: 'an object that is there already: 409; one that somebody else has changed: 409',
    ask: async ({ admin }) => {
      const exists = await admin.ask('POST', MAPS, map('a'))
      const old = { ...map('a'), metadata: { ...map('a').metadata, resourceVersion: '1' } }
      const conflict = await admin.ask('PUT', `${MAPS}/a`, old)
      return [status(exists), status(conflict)]
    },
  },
  {
    title: 'managedFields: one entry for each writer and part, the status by itself',
    ask: async ({ admin }) => {
      const service = (port: number): object => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: {
          name: 'm',
          namespace: 'probe',
        },
        spec: {
          type: 'LoadBalancer',
          ports: [
            {
              port,
              protocol: 'TCP',
              targetPort: port,
            },
          ],
        },
      })
      const path = '/api/v1/namespaces/probe/services'
      await admin.ask('POST', `${path}?fieldManager=one`, service(80))
      const written = { status: { loadBalancer: { ingress: [{ ip: '10.9.9.1', ipMode: 'VIP' }] } } }
      const merge = 'application/merge-patch+json'
      const { json } = await admin.ask('PATCH', `${path}/m/status?fieldManager=two`, written, merge)
      await admin.ask('DELETE', `${path}/m`)
      const { managedFields } = (json as ApiJson).metadata as unknown as { managedFields: Managed[] }
      return managedFields
        .map(({ manager, operation, subresource, fieldsV1 }) => ({
          manager,
          operation,
          subresource,
          loadBalancer: fieldsV1['f:status']?.['f:loadBalancer'] !== undefined,
        }))
        .toSorted((a, b) => (a.manager < b.manager ? -1 : 1))
    },
  },
]

interface Managed {
  readonly manager: string
  readonly operation: string
  readonly subresource?: string
  readonly fieldsV1: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

function clientWith(backend: Backend, token: string): ApiClient {
  return apiClient(backend.kubeconfigFor(token))
}

function list({ json }: Answer): ApiJson {
  return json as ApiJson
}

function names(answer: Answer): readonly string[] {
  // Every namespace of a real cluster holds this one.
  return (list(answer).items ?? [])
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== 'kube-root-ca.crt')
}

function page(answer: Answer): unknown {
  const { metadata } = list(answer)
  return {
    names: names(answer),
    hasToken: Boolean(metadata.continue),
    remaining: metadata['remainingItemCount'] ?? null,
  }
}

function shape(answer: Answer): unknown {
  const { kind, apiVersion, metadata, items } = list(answer)
  return {
    status: answer.status,
    type: answer.type,
    kind,
    apiVersion,
    metadata: Object.keys(metadata).toSorted(),
    items: names(answer),
    keys: Object.keys(items?.[0] ?? {}).filter((key) => key === 'kind' || key === 'apiVersion'),
  }
}

/** A Status, its versions taken out. */
function status({ status: code, type, json, headers }: Answer): unknown {
  const { message, ...rest } = json as ApiJson
  const { metadata: _, ...body } = rest
  return {
    code,
    type,
    retryAfter: headers['retry-after'] ?? null,
    message: message?.replaceAll(/\d{3,}/g, 'N'),
    ...body,
  }
}
