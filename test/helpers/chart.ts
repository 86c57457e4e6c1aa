import { execFileSync } from 'node:child_process'
import { parseAllDocuments } from 'yaml'
import type { ApiObject } from '../../src/lab/api/kinds.ts'

/** The Helm that .ci/apiserver.mjs has found built; undefined where there is none. */
export const helm = process.env['ARPCHECK_HELM']

/** Why tests skip that render the chart, or false where they run. */
export const NO_HELM =
  helm === undefined && 'not here: node .ci/chart.mjs builds helm, and the next run has it'

/** Everything that the chart can make. */
export const EVERYTHING = [
  'namespace.create',
  'speakerMetrics.enabled',
  'podMonitor.enabled',
  'prometheusRule.enabled',
  'dashboard.enabled',
].map((name) => `${name}=true`)

/** What Helm makes of the chart with these values, as objects. */
export function rendered(...values: readonly string[]): readonly ApiObject[] {
  const args = ['template', 'arpcheck', 'deploy/chart', '--namespace', 'arpcheck', '--kube-version', '1.34.0']
  const text = execFileSync(helm!, [...args, ...values.flatMap((value) => ['--set', value])], {
    encoding: 'utf8',
  })
  return parseAllDocuments(text).map((document) => document.toJS() as ApiObject)
}
