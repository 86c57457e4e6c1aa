import type { ApiObject, Kind } from './kinds.ts'

export type Matcher = (object: ApiObject) => boolean

/** What a list or watch selects; text says why that cannot be selected by, as the real server does. */
export function matcherFor(kind: Kind, namespace: string | null, query: URLSearchParams): Matcher | string {
  const labels = labelMatchers(query.get('labelSelector') ?? '')
  const fields = fieldMatchers(kind, query.get('fieldSelector') ?? '')
  if (typeof fields === 'string') return fields
  const all = [...labels, ...fields]
  return (object) =>
    (namespace === null || object.metadata.namespace === namespace) && all.every((match) => match(object))
}

/** The name that a field selector asks for, which RBAC's resourceNames are held against. */
export function selectedName(query: URLSearchParams): string | null {
  const terms = (query.get('fieldSelector') ?? '').split(',')
  return terms.find((term) => term.startsWith('metadata.name='))?.replace(/^metadata\.name==?/, '') ?? null
}

function fieldMatchers(kind: Kind, selector: string): readonly Matcher[] | string {
  const fields: Readonly<Record<string, readonly string[]>> = {
    'metadata.name': ['metadata', 'name'],
    'metadata.namespace': ['metadata', 'namespace'],
    ...kind.fields,
  }
  const matchers: Matcher[] = []
  for (const term of selector.split(',').filter(Boolean)) {
    const {
      label = '',
      not,
      value = '',
    } = /^(?<label>[^=!]+)(?<not>!?)==?(?<value>.*)$/.exec(term)?.groups ?? {}
    const path = fields[label]
    if (path === undefined) return `field label not supported: ${label}`
    matchers.push((object) => (read(object, path) === value) !== (not === '!'))
  }
  return matchers
}

function read(object: unknown, path: readonly string[]): string {
  let found = object
  for (const key of path) found = (found as Record<string, unknown> | undefined)?.[key]
  return typeof found === 'string' || typeof found === 'boolean' ? String(found) : ''
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
function labelMatchers(selector: string): readonly Matcher[] {
  const terms = selector.match(/[^,(]+(?:\([^)]*\))?/g) ?? []
  return terms.map((term) => {
    const set = /^(?<key>\S+) (?<op>in|notin) \((?<values>[^)]*)\)$/.exec(term.trim())?.groups
    if (set)
      return byset(
        set['key']!,
        set['op'] === 'in',
        set['values']!.split(',').map((value) => value.trim()),
      )
    const {
      bang,
      key = '',
      not,
      value,
    } = /^(?<bang>!?)(?<key>[^=!]+)(?:(?<not>!?)==?(?<value>.*))?$/.exec(term.trim())?.groups ?? {}
    if (value === undefined) return (object) => (labelOf(object, key) !== undefined) !== (bang === '!')
    return (object) => (labelOf(object, key) === value) !== (not === '!')
  })
}

function byset(key: string, wanted: boolean, values: readonly string[]): Matcher {
  return (object) => {
    const value = labelOf(object, key)
    return (value !== undefined && values.includes(value)) === wanted
  }
}

function labelOf(object: ApiObject, key: string): string | undefined {
  return object.metadata.labels?.[key]
}
