import { execFileSync } from 'node:child_process'
import { parseAllDocuments } from 'yaml'
import type { ApiObject } from '../../src/lab/api/kinds.ts'

/** The Helm that .ci/apiserver.mjs has found built; undefined where there is none. */
export const helm = process.env['ARPCHECK_HELM']

/** Why tests skip that render the chart, or false where they run. */
export const NO_HELM =
  helm === undefined && 'not here: node .ci/chart.mjs builds helm, and the next run has it'

/** The values that the chart is tried with: deploy/chart/ci. */
export const CASES = ['default', 'everything', 'other'] as const

/** What Helm makes of the chart with one of these, as objects. */
export function rendered(values: (typeof CASES)[number]): readonly ApiObject[] {
  const args = ['template', 'arpcheck', 'deploy/chart', '--namespace', 'arpcheck', '--kube-version', '1.34.0']
  const file = `deploy/chart/ci/${values}-values.yaml`
  const text = execFileSync(helm!, [...args, '--values', file], { encoding: 'utf8' })
  return parseAllDocuments(text).map((document) => document.toJS() as ApiObject)
}
