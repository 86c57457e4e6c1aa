import { randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { type Kind, resourceName } from './kinds.ts'
import type { Asked, Failure } from './respond.ts'
import { selectedName } from './selectors.ts'

export interface User {
  readonly name: string
  readonly groups: readonly string[]
}

/** What somebody wants to do. */
export interface Attempt {
  readonly verb: string
  readonly kind: Kind
  /** Null for all namespaces and for kinds without. */
  readonly namespace: string | null
  readonly name: string | null
  readonly subresource: string | null
  readonly query: URLSearchParams
}

/** One rule that holds for a user: RBAC's, flattened. `namespace` null: everywhere. */
export interface Rule {
  readonly namespace: string | null
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames: readonly string[]
  /** Paths beside the API's objects, such as `/metrics`. */
  readonly nonResourceURLs: readonly string[]
}

export const UNAUTHORIZED: Failure = { code: 401, reason: 'Unauthorized', message: 'Unauthorized' }
const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
const SUPERUSERS = 'system:masters'

/** Bearer tokens, which may expire and be withdrawn. */
export class Tokens {
  readonly #clock: Clock
  readonly #known = new Map<string, { readonly user: User; readonly expiresMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  issue(user: User, validMs = Number.POSITIVE_INFINITY): string {
    const token = `double-${randomBytes(12).toString('hex')}`
    this.#known.set(token, { user, expiresMs: this.#clock.monotonicMs() + validMs })
    return token
  }

  withdraw(token: string): void {
    this.#known.delete(token)
  }

  /** Who asks; null for a token that is unknown or over. */
  userOf({ headers, certificate }: Asked): User | null {
    const authorization = headers['authorization']
    if (authorization === undefined)
      return certificate === null
        ? ANONYMOUS
        : { name: certificate.commonName, groups: certificate.organization }
    return this.userWith(authorization.replace(/^Bearer /, ''))
  }

  /** Whose token it is; null where it is unknown or over. */
  userWith(token: string): User | null {
    const known = this.#known.get(token)
    return known !== undefined && known.expiresMs > this.#clock.monotonicMs() ? known.user : null
  }
}

export function mayDo(user: User, attempt: Attempt, rules: readonly Rule[]): boolean {
  return user.groups.includes(SUPERUSERS) || rules.some((rule) => allows(rule, attempt))
}

function allows(rule: Rule, { verb, kind, namespace, name, subresource, query }: Attempt): boolean {
  const resource = subresource === null ? kind.plural : `${kind.plural}/${subresource}`
  if (rule.namespace !== null && rule.namespace !== namespace) return false
  if (!has(rule.verbs, verb) || !has(rule.apiGroups, kind.group) || !has(rule.resources, resource))
    return false
  if (rule.resourceNames.length === 0) return true
  // A list by name is one of these names too (pkg/endpoints/request/requestinfo.go); so is what is created below a name.
  const asked = name ?? selectedName(query)
  return asked !== null && rule.resourceNames.includes(asked)
}

/** The same for a path that is no object's: only a ClusterRole that is bound cluster-wide grants it. */
export function mayVisit(user: User, verb: string, path: string, rules: readonly Rule[]): boolean {
  const grants = ({ namespace, verbs, nonResourceURLs }: Rule): boolean =>
    namespace === null && has(verbs, verb) && has(nonResourceURLs, path)
  return user.groups.includes(SUPERUSERS) || rules.some(grants)
}

function has(allowed: readonly string[], wanted: string): boolean {
  return allowed.includes('*') || allowed.includes(wanted)
}

/** In the real server's words. */
export function forbidden(user: User, { verb, kind, namespace, name, subresource }: Attempt): Failure {
  const resource = subresource === null ? kind.plural : `${kind.plural}/${subresource}`
  const scope = namespace === null ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const what = name === null ? resourceName(kind) : `${resourceName(kind)} "${name}"`
  return {
    code: 403,
    reason: 'Forbidden',
    message: `${what} is forbidden: User "${user.name}" cannot ${verb} resource "${resource}" in API group "${kind.group}" ${scope}`,
    details: {
      ...(name !== null && { name }),
      ...(kind.group !== '' && { group: kind.group }),
      kind: kind.plural,
    },
  }
}

/** The same for a path that is no object's. */
export function forbiddenPath(user: User, verb: string, path: string): Failure {
  return {
    code: 403,
    reason: 'Forbidden',
    message: `forbidden: User "${user.name}" cannot ${verb} path "${path}"`,
    details: {},
  }
}
