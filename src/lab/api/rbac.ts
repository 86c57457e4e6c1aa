import type { Rule, User } from './access.ts'
import type { ApiObject } from './kinds.ts'

/** The roles and bindings that the server holds. */
export interface RbacObjects {
  readonly clusterRoles: readonly ApiObject[]
  readonly clusterRoleBindings: readonly ApiObject[]
  readonly roles: readonly ApiObject[]
  readonly roleBindings: readonly ApiObject[]
}

interface Binding extends ApiObject {
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[]
  readonly roleRef: { readonly kind: string; readonly name: string }
}

interface Role extends ApiObject {
  readonly rules?: readonly Partial<Omit<Rule, 'namespace'>>[]
}

/** The rules that hold for a user. */
export function rulesFor(user: User, objects: RbacObjects): readonly Rule[] {
  const wide = (objects.clusterRoleBindings as readonly Binding[]).filter((binding) => binds(binding, user))
  const near = (objects.roleBindings as readonly Binding[]).filter((binding) => binds(binding, user))
  return [
    ...wide.flatMap((binding) => rulesOf(binding, null, objects)),
    ...near.flatMap((binding) => rulesOf(binding, binding.metadata.namespace ?? '', objects)),
  ]
}

function binds({ subjects = [] }: Binding, user: User): boolean {
  return subjects.some(({ kind, name, namespace }) => {
    if (kind === 'ServiceAccount') return user.name === `system:serviceaccount:${namespace}:${name}`
    return kind === 'Group' ? user.groups.includes(name) : user.name === name
  })
}

function rulesOf({ roleRef }: Binding, namespace: string | null, objects: RbacObjects): readonly Rule[] {
  const candidates = roleRef.kind === 'ClusterRole' ? objects.clusterRoles : objects.roles
  const role: Role | undefined = candidates.find(
    ({ metadata }) =>
      metadata.name === roleRef.name && (roleRef.kind === 'ClusterRole' || metadata.namespace === namespace),
  )
  return (role?.rules ?? []).map((rule) => ({
    namespace,
    verbs: [],
    apiGroups: [],
    resources: [],
    resourceNames: [],
    nonResourceURLs: [],
    ...rule,
  }))
}
