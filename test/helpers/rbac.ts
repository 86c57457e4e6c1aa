import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import type { ApiObject } from '../../src/lab/api/kinds.ts'

/** The objects of the manifest that the project ships. */
export function manifest(path = 'deploy/rbac.yaml'): readonly ApiObject[] {
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as ApiObject)
}

/** One permission as a line: `list pods in metallb-system`, `get secrets/memberlist in metallb-system`. */
export type Permission = string

interface Rule {
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

/** All that the manifest's roles allow. */
export function granted(objects: readonly ApiObject[]): readonly Permission[] {
  const roles = objects.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
  return roles.flatMap(({ rules, metadata }) =>
    (rules as Rule[]).flatMap((rule) => permissions(rule, metadata.namespace ?? null)),
  )
}

function permissions(
  { apiGroups = [], resources = [], verbs, resourceNames, nonResourceURLs = [] }: Rule,
  namespace: string | null,
): Permission[] {
  const kinds = apiGroups.flatMap((group) =>
    resources.map((resource) => (group === '' ? resource : `${resource}.${group}`)),
  )
  const named =
    resourceNames === undefined
      ? kinds
      : kinds.flatMap((kind) => resourceNames.map((name) => `${kind}/${name}`))
  return [...named, ...nonResourceURLs].flatMap((what) => verbs.map((verb) => line(verb, what, namespace)))
}

export function line(verb: string, what: string, namespace: string | null): Permission {
  return `${verb} ${what}${namespace === null ? '' : ` in ${namespace}`}`
}

/** One row of the table in docs/permissions.md. */
export interface Row {
  readonly input: string
  readonly permissions: readonly Permission[]
  readonly without: string
}

const NAMESPACES: Readonly<Record<string, string | null>> = {
  all: null,
  M: 'metallb-system',
  A: 'arpcheck',
  K: 'kube-system',
}

export function documented(path = 'docs/permissions.md'): readonly Row[] {
  const rows = readFileSync(path, 'utf8').matchAll(/^\| (?!input)(?<row>[^-].*) \|$/gm)
  return [...rows].map(({ groups }) => rowOf(groups?.['row']?.split(' | ') ?? []))
}

function rowOf([input = '', verbs = '', resource = '', where = '', without = '']: readonly string[]): Row {
  const [kind = '', names] = resource.split(': ')
  const whats = names === undefined ? [kind] : names.split(', ').map((name) => `${kind}/${name}`)
  return {
    input: input.replaceAll('`', ''),
    permissions: whats.flatMap((what) =>
      verbs.split(', ').map((verb) => line(verb, what, NAMESPACES[where] ?? null)),
    ),
    without,
  }
}
