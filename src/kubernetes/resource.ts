import type { InputName } from '../core/cluster.ts'

/** What a permission is about, and which input it is for. */
export interface Subject {
  readonly input: InputName
  /** As RBAC names it: `pods`, `l2advertisements.metallb.io`. */
  readonly name: string
  /** Null: all namespaces, or none in it. */
  readonly namespace: string | null
  /** Where it is not `list`. */
  readonly verb?: 'get' | 'create'
}

/** One kind of object that we read, and what we keep of each. */
export interface Resource<T> extends Subject {
  /** Where it is served, from what we want to what an older server has; the next is tried on 400 and 404. */
  readonly variants: readonly Variant[]
  /** What we keep of one object, or null where it does not concern us. Never throws. */
  keep(object: unknown): T | null
}

export interface Variant {
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** The next variant is tried on 403 too: this one asks for more than a ServiceAccount may have. */
  readonly wide?: boolean
}

/** What was kept of one object; `version` tells an old event from a new one. */
export interface Kept<T> {
  readonly version: string
  readonly value: T
}

/** How a sentence names a permission: `list pods in namespace metallb-system`. */
export function permission(verb: string, { name, namespace }: Pick<Subject, 'name' | 'namespace'>): string {
  return `${verb} ${name}${namespace === null ? ' in all namespaces' : ` in namespace ${namespace}`}`
}

/**
 * Whether version `left` is older than `right`. Versions are whole numbers that only grow (KEP-5504); where one
 * is not, nothing is known and nothing is old.
 */
export function isOlder(left: string, right: string): boolean {
  if (!NUMBER.test(left) || !NUMBER.test(right)) return false
  return left.length === right.length ? left < right : left.length < right.length
}

const NUMBER = /^[1-9]\d*$/
