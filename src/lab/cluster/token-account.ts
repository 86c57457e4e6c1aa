import type { ApiObject } from '../api/kinds.ts'
import { namespaceNamed } from '../api/objects.ts'

const NAMESPACE = 'arpcheck'
export const ACCOUNT = 'arpcheck-metrics'
const RBAC = 'rbac.authorization.k8s.io'

/** As after `kubectl apply -f deploy/speaker-metrics.yaml`: whose tokens speakers are shown. */
export function tokenAccount(): readonly ApiObject[] {
  return [
    namespaceNamed(NAMESPACE),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ACCOUNT, namespace: NAMESPACE } },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: { name: ACCOUNT },
      rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: ACCOUNT },
      subjects: [{ kind: 'ServiceAccount', name: ACCOUNT, namespace: NAMESPACE }],
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: ACCOUNT },
    },
  ]
}
