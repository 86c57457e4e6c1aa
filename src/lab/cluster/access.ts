import type { InputName } from '../../core/cluster.ts'
import type { ApiObject } from '../api/kinds.ts'
import { ACCOUNT } from './token-account.ts'

/** What reading one input takes; `names` where it is read by name alone. */
interface Grant {
  readonly group: string
  readonly resource: string
  readonly names?: readonly string[]
  /** All that read where left out. */
  readonly verbs?: readonly string[]
  /** Where it is granted; everywhere where left out. */
  readonly namespace?: string
}

/** Every input that can be denied; docs/permissions.md says what is lost without each. */
export const GRANTS: Readonly<Record<InputName | 'memberlistKey' | 'metricsToken', Grant>> = {
  services: { group: '', resource: 'services' },
  endpointSlices: { group: 'discovery.k8s.io', resource: 'endpointslices' },
  nodes: { group: '', resource: 'nodes' },
  speakerPods: { group: '', resource: 'pods' },
  speakerDaemonSets: { group: 'apps', resource: 'daemonsets' },
  pools: { group: 'metallb.io', resource: 'ipaddresspools' },
  l2Advertisements: { group: 'metallb.io', resource: 'l2advertisements' },
  bgpAdvertisements: { group: 'metallb.io', resource: 'bgpadvertisements' },
  l2Statuses: { group: 'metallb.io', resource: 'servicel2statuses' },
  configurationStates: { group: 'metallb.io', resource: 'configurationstates' },
  events: { group: '', resource: 'events' },
  memberlistConfig: { group: '', resource: 'configmaps', names: ['metallb-memberlist-config'] },
  excludedInterfaces: { group: '', resource: 'configmaps', names: ['metallb-excludel2'] },
  nicRecords: { group: 'coordination.k8s.io', resource: 'leases' },
  daemonPods: { group: '', resource: 'pods', namespace: 'arpcheck' },
  otherAnnouncers: { group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-system' },
  capabilities: { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' },
  memberlistKey: { group: '', resource: 'secrets' },
  metricsToken: { group: '', resource: 'serviceaccounts/token', names: [ACCOUNT], verbs: ['create'] },
}
export type Deniable = keyof typeof GRANTS
const READS = ['get', 'list', 'watch']

export const USER = 'arpcheck'
const ROLE = 'arpcheck-lab'
const RBAC = 'rbac.authorization.k8s.io'

/**
 * Roles that may read everything but the denied inputs, and their bindings to `USER`. NIC records are looked for
 * everywhere here, so that only who is denied them too has to do without the Leases of kube-system.
 */
export function roleWithout(denied: readonly Deniable[]): readonly ApiObject[] {
  const granted = (Object.keys(GRANTS) as Deniable[]).filter((input) => !denied.includes(input))
  const grants = granted.map((input): Grant => GRANTS[input])
  const places = new Set(grants.map(({ namespace }) => namespace))
  return [...places].flatMap((place) =>
    roleAt(
      place,
      grants.filter(({ namespace }) => namespace === place),
    ),
  )
}

/** A role and its binding; in all namespaces where none is given. */
function roleAt(namespace: string | undefined, grants: readonly Grant[]): readonly ApiObject[] {
  const [apiVersion, kind] = [`${RBAC}/v1`, namespace === undefined ? 'ClusterRole' : 'Role']
  const metadata = { name: ROLE, ...(namespace !== undefined && { namespace }) }
  return [
    { apiVersion, kind, metadata, rules: grants.map(ruleOf) },
    {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      subjects: [{ apiGroup: RBAC, kind: 'User', name: USER }],
      roleRef: { apiGroup: RBAC, kind, name: ROLE },
    },
  ]
}

function ruleOf({ group, resource, names, verbs = READS }: Grant): object {
  return { apiGroups: [group], resources: [resource], verbs, ...(names && { resourceNames: names }) }
}
