import type { RefusalName } from '../../core/refusal.ts'
import type { VipReport } from '../../core/report.ts'
import type { UnknownReason, VerdictName } from '../../core/verdict.ts'

/** What stands where nobody answered. */
const NOBODY: Partial<Record<VerdictName, string>> = {
  silent: 'nobody',
  settling: 'nobody yet',
  self: 'this host',
}

const NOT_JUDGED: Record<UnknownReason, string> = {
  'deaf-vantage': 'nothing was heard',
  'frames-lost': 'perhaps lost',
  'vantage-off-segment': 'another segment',
  'no-expectation': 'nobody',
  'stale-expectation': 'nobody',
  'mixed-versions': 'nobody',
  'answerer-unattributed': 'unknown machine',
  'maybe-self': 'perhaps this host',
  'ndp-not-probed': 'IPv6: not asked',
}

/** Why nobody should answer, in a cell's few words. */
const REFUSED: Record<RefusalName, string> = {
  'other-class': 'other class',
  'no-address': 'no address',
  'invalid-ip': 'invalid address',
  'not-in-one-pool': 'not in a pool',
  'no-advertisement': 'not advertised',
  'bgp-only': 'BGP only',
  'no-matching-advertisement': 'not advertised',
  'shared-ip-with-service-selector': 'shared address',
  'no-memberlist': 'memberlist off',
  'no-endpoint': 'no endpoint',
  'no-candidate': 'no candidate',
}

/** Whether a row's owner is told by node: a cluster says who, or why nobody. */
export function isByNode({ expected: { source, nodes, refusal }, truths }: VipReport): boolean {
  return (
    nodes.length > 0 ||
    refusal !== null ||
    truths.elected.length > 0 ||
    source === 'inferred' ||
    source === 'none'
  )
}

/** Who should answer. A node that is elected only if something is assumed has a question mark. */
export function ownerText(row: VipReport, line: number): string {
  const { nodes, macs, refusal, source } = row.expected
  const names = nodes.length > 0 ? nodes : row.truths.elected.map((name) => `${name}?`)
  if (source === 'static' && nodes.length === 0) return macs[line] ?? ''
  if (names.length > 0 || line > 0) return names[line] ?? ''
  if (refusal !== null) return 'nobody'
  if (source === 'any') return row.services.length > 0 ? 'not known' : 'not given'
  return source === 'none' && row.verdict === 'unknown' && row.services.length > 0 ? '?' : '-'
}

/** Who answers: the MAC of whom should, the name of another node, or why there is nobody. */
export function answerText(row: VipReport, line: number): string {
  const found = row.answered[line]
  if (found?.relation === 'self') return 'this host'
  if (found) return found.node === null || row.expected.nodes.includes(found.node) ? found.mac : found.node
  if (line > 0) return ''
  if (row.verdict === 'idle' && row.expected.refusal !== null)
    return `nobody: ${REFUSED[row.expected.refusal]}`
  return row.reason ? NOT_JUDGED[row.reason] : (NOBODY[row.verdict] ?? 'nobody')
}
