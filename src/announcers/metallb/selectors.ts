import type { LabelExpression, Labels, LabelSelector } from '../../core/cluster.ts'

/** Whether any selector of the list matches; an empty list matches nothing. */
export function matchesAny(selectors: readonly LabelSelector[], labels: Labels): boolean {
  return selectors.some((selector) => matches(selector, labels))
}

/** Everything in one selector must hold, so the empty selector matches everything (Kubernetes: LabelSelectorAsSelector). */
export function matches(selector: LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(selector.matchLabels).every(([key, value]) => valueOf(labels, key) === value) &&
    selector.matchExpressions.every((expression) => holds(expression, valueOf(labels, expression.key)))
  )
}

/** `NotIn` holds for an object without the key. */
function holds({ operator, values }: LabelExpression, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}

/** Label keys come from outside: `constructor` is a lawful one. */
function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}

const NAME = /^[a-z0-9A-Z](?:[-a-z0-9A-Z_.]{0,61}[a-z0-9A-Z])?$/
const PREFIX = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/

/**
 * Why MetalLB would refuse the list, and with it the whole configuration; undefined for a lawful one
 * (internal/config/config.go: validateLabelSelectorDuplicate, then LabelSelectorAsSelector).
 */
export function selectorsProblem(selectors: readonly LabelSelector[]): string | undefined {
  if (hasTwins(selectors.map(textOf))) return 'the same selector twice'
  return first(selectors.map((selector) => twinsProblem(selector) ?? selectorProblem(selector)))
}

/** Why Kubernetes would refuse the selector. */
export function selectorProblem({ matchLabels, matchExpressions }: LabelSelector): string | undefined {
  const equals = Object.entries(matchLabels).map(([key, value]) => ({ key, operator: 'In', values: [value] }))
  return first([...equals, ...matchExpressions].map(expressionProblem))
}

function twinsProblem({ matchExpressions }: LabelSelector): string | undefined {
  if (hasTwins(matchExpressions.map((one) => JSON.stringify(sorted(one)))))
    return 'the same expression twice in one selector'
  const twin = matchExpressions.find(({ values }) => hasTwins(values))
  return twin && `the same value twice for ${twin.key}`
}

function expressionProblem({ key, operator, values }: LabelExpression): string | undefined {
  const takesValues = operator === 'In' || operator === 'NotIn'
  if (!takesValues && operator !== 'Exists' && operator !== 'DoesNotExist')
    return `no such operator: ${operator}`
  if (takesValues !== values.length > 0)
    return `${operator} of ${key} with ${takesValues ? 'no' : 'some'} values`
  if (!isKey(key)) return `no label key: ${key}`
  const bad = values.find((value) => value !== '' && !NAME.test(value))
  return bad === undefined ? undefined : `no label value: ${bad}`
}

function isKey(key: string): boolean {
  const parts = key.split('/')
  const [prefix, name] = parts.length === 1 ? ['a', parts[0]!] : [parts[0]!, parts[1]!]
  return parts.length <= 2 && PREFIX.test(prefix) && NAME.test(name)
}

function textOf({ matchLabels, matchExpressions }: LabelSelector): string {
  return JSON.stringify([Object.entries(matchLabels).map(String).toSorted(), matchExpressions.map(sorted)])
}

function sorted({ key, operator, values }: LabelExpression): LabelExpression {
  return { key, operator, values: values.toSorted() }
}

function hasTwins(texts: readonly string[]): boolean {
  return new Set(texts).size < texts.length
}

function first(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined)
}
