import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Every rule of the file that the project ships, as Prometheus reads it. */
export function rules(path = 'deploy/alerts.yaml'): readonly Rule[] {
  const { groups } = parse(readFileSync(path, 'utf8')) as { groups: { rules: Rule[] }[] }
  return groups.flatMap((group) => group.rules)
}

export function alerts(): readonly Required<Rule>[] {
  return rules().filter((rule): rule is Required<Rule> => rule.alert !== undefined)
}
