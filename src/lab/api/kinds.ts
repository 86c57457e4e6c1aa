/** One kind of object, as the API serves it. */
export interface Kind {
  /** Empty for core. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
  /** Items of a list carry kind and apiVersion, which those of built-in kinds do not. */
  readonly custom: boolean
  /** Its status is written apart. */
  readonly status: boolean
  /** Fields to select by, besides name and namespace: field label → path. */
  readonly fields: Readonly<Record<string, readonly string[]>>
}

export interface ApiObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly [key: string]: unknown
}

export interface Metadata {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly [key: string]: unknown
}

const SERVICE_TYPE = 'spec.type'

/** Selecting Services by type came with Kubernetes 1.31. */
export function builtIn(serverHas: {
  readonly serviceTypeSelector: boolean
  readonly sliceVersion: string
}): readonly Kind[] {
  const serviceFields = { 'spec.clusterIP': ['spec', 'clusterIP'], [SERVICE_TYPE]: ['spec', 'type'] }
  if (!serverHas.serviceTypeSelector) Reflect.deleteProperty(serviceFields, SERVICE_TYPE)
  return [
    core('services', 'Service', { status: true, fields: serviceFields }),
    core('nodes', 'Node', {
      namespaced: false,
      status: true,
      fields: { 'spec.unschedulable': ['spec', 'unschedulable'] },
    }),
    core('pods', 'Pod', {
      status: true,
      fields: { 'spec.nodeName': ['spec', 'nodeName'], 'status.phase': ['status', 'phase'] },
    }),
    core('secrets', 'Secret', { fields: { type: ['type'] } }),
    core('configmaps', 'ConfigMap'),
    core('serviceaccounts', 'ServiceAccount'),
    core('namespaces', 'Namespace', { namespaced: false }),
    core('events', 'Event', { fields: EVENT_FIELDS }),
    of('discovery.k8s.io', serverHas.sliceVersion, 'endpointslices', 'EndpointSlice'),
    of('apps', 'v1', 'daemonsets', 'DaemonSet', { status: true }),
    of('coordination.k8s.io', 'v1', 'leases', 'Lease'),
    of('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition', {
      namespaced: false,
    }),
    of('rbac.authorization.k8s.io', 'v1', 'clusterroles', 'ClusterRole', { namespaced: false }),
    of('rbac.authorization.k8s.io', 'v1', 'clusterrolebindings', 'ClusterRoleBinding', { namespaced: false }),
    of('rbac.authorization.k8s.io', 'v1', 'roles', 'Role'),
    of('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding'),
  ]
}

/** pkg/apis/core/v1/conversion.go, AddFieldLabelConversionsForEvent */
const EVENT_FIELDS = {
  'involvedObject.kind': ['involvedObject', 'kind'],
  'involvedObject.namespace': ['involvedObject', 'namespace'],
  'involvedObject.name': ['involvedObject', 'name'],
  reason: ['reason'],
  source: ['source', 'component'],
  type: ['type'],
}

function core(plural: string, kind: string, more: Partial<Kind> = {}): Kind {
  return of('', 'v1', plural, kind, more)
}

function of(group: string, version: string, plural: string, kind: string, more: Partial<Kind> = {}): Kind {
  return { group, version, plural, kind, namespaced: true, custom: false, status: false, fields: {}, ...more }
}

/** The kinds that a CustomResourceDefinition makes the server know. */
export function kindsOf(crd: ApiObject): readonly Kind[] {
  const spec = crd['spec'] as CrdSpec
  return spec.versions
    .filter(({ served }) => served)
    .map(({ name, subresources }) => ({
      group: spec.group,
      version: name,
      plural: spec.names.plural,
      kind: spec.names.kind,
      namespaced: spec.scope === 'Namespaced',
      custom: true,
      status: subresources?.status !== undefined,
      fields: {},
    }))
}

interface CrdSpec {
  readonly group: string
  readonly scope: 'Namespaced' | 'Cluster'
  readonly names: { readonly plural: string; readonly kind: string }
  readonly versions: readonly {
    readonly name: string
    readonly served: boolean
    readonly subresources?: { readonly status?: object }
  }[]
}

export function apiVersionOf({ group, version }: Kind): string {
  return group === '' ? version : `${group}/${version}`
}

/** As RBAC and sentences name it: `l2advertisements.metallb.io`. */
export function resourceName({ group, plural }: Kind): string {
  return group === '' ? plural : `${plural}.${group}`
}
