import type { AnswerReport, Truths } from '../core/report.ts'
import { METRICS } from '../core/watch/metric-names.ts'
import type { VipState } from '../core/watch/state.ts'
import type { Sample } from './view.ts'

/** The one announcer there is so far. */
export const [PROVIDER] = METRICS.arpcheck_vip_info.labels.provider

/** Answerers of one VIP that have a series; whoever floods a segment with MACs must not fill a Prometheus. */
export const MOST_OWNERS = 8

const TRUTHS = ['elected', 'recorded', 'claimed'] as const satisfies readonly (keyof Truths)[]

/** Namespace and names of a VIP's Services: one pair, as two series for a VIP could not be joined. */
export function namesOf({ services }: VipState): [namespace: string, service: string] {
  const named = services.slice(0, MOST_OWNERS).map((name) => name.split('/', 2))
  const namespaces = new Set(named.map(([namespace]) => namespace))
  const more = services.length > MOST_OWNERS ? ['other'] : []
  return [[...namespaces].join(), [...named.map(([, name]) => name), ...more].join()]
}

export function expectedOwners({ vip, row }: VipState): Sample[] {
  if (row === null) return []
  const given = row.expected.source === 'static' ? row.expected.nodes : []
  return [
    ...TRUTHS.map((source) => [source, row.truths[source]] as const),
    ['static', given] as const,
  ].flatMap(([source, nodes]) => bounded(nodes).map((node): Sample => [1, vip, node, source]))
}

export function observedOwners({ vip, row }: VipState): Sample[] {
  const answers = row?.answered ?? []
  const first = answers.slice(0, MOST_OWNERS).map((answer): Sample => [1, vip, ...labelsOf(answer)])
  return answers.length > MOST_OWNERS ? [...first, [1, vip, '', 'other', 'other']] : first
}

function labelsOf({ node, mac, relation }: AnswerReport): [string, string, string] {
  return [node ?? '', mac, relation]
}

function bounded(nodes: readonly string[]): readonly string[] {
  const distinct = [...new Set(nodes)]
  return distinct.length > MOST_OWNERS ? [...distinct.slice(0, MOST_OWNERS), 'other'] : distinct
}
