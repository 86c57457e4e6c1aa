import type { HypothesisName } from '../../core/expectation.ts'
import type { ExclusionName } from '../../core/refusal.ts'

/** Why a node cannot be elected, behind a "no". */
export const EXCLUDED: Record<ExclusionName, string> = {
  unschedulable: 'it is cordoned',
  'network-unavailable': 'its network is not available',
  'exclude-label': 'a label excludes it',
  'not-selected': 'no advertisement selects it',
  'no-local-endpoint': 'nothing on it can serve',
  'no-node': 'its Node object is gone',
  'not-a-member': 'no speaker runs there',
  'left-out': 'left out',
}

/** Who would be a member, behind an "if members are". */
export const HYPOTHESES: Record<HypothesisName, string> = {
  'pods-listed': 'all speaker pods that are listed',
  'pods-ready': 'the speaker pods that are Ready',
  'nodes-ready': 'the nodes that are Ready',
  'pods-listed-but-silent': 'the listed pods, but for nodes that are silent',
  'pods-ready-but-silent': 'the Ready pods, but for nodes that are silent',
  'nodes-ready-but-silent': 'the Ready nodes, but for those that are silent',
}
