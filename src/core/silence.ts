import type { ClusterCase } from './case.ts'
import { isClaimed } from './claims.ts'
import { suspectsOf, type Somebody } from './expectation.ts'
import type { Finding } from './findings.ts'
import { deadNodes, isMute, isReady, lifeOf, staleConfig, type NodeFacts } from './nodes.ts'
import { allowedNics } from './nics.ts'
import * as say from './sentences-silence.ts'
import { broadcastDeaf } from './sentences.ts'

/** Which finding explains that nobody answers although somebody should: the nearest cause that something shows. */
export function explainSilence(item: ClusterCase, elected: Somebody): Finding {
  const { unicastAnswers } = item.evidence
  if (unicastAnswers.length > 0) return broadcastDeaf(item, unicastAnswers)
  const all = suspectsOf(elected)
  const dead = all.filter((name) => deadNodes(item.nodes).has(name))
  const live = all.filter((name) => !dead.includes(name))
  // inferred: the dead node wins under some hypotheses, a quiet one under the others, and that is the diagnosis
  if (dead.length > 0 && (live.length === 0 || elected.membership === 'inferred'))
    return say.deadOwner(item, elected, { dead, successor: successorOf(item, dead) })
  const away = live.filter((name) => isOffSegment(item, name))
  if (away.length > 0 && away.length === live.length) return say.ownerOffSegment(item, elected, away)
  if (isClaimedByNobody(item)) return say.noClaimant(item, elected, cluesOf(item, live))
  return say.silent(item, elected, cluesOf(item, live))
}

/** Next in line: the best candidate that is not dead. */
function successorOf({ side, nodes }: ClusterCase, dead: readonly string[]): NodeFacts | null {
  const gone = deadNodes(nodes)
  const next = side?.candidates.find(({ node }) => !dead.includes(node) && !gone.has(node))
  return (next && nodes.get(next.node)) ?? null
}

/** Alive, as far as is known, with no address on this segment, and no NIC of its record has one either. */
function isOffSegment({ nodes }: ClusterCase, name: string): boolean {
  const node = nodes.get(name)
  if (!node || node.address !== 'elsewhere' || !(lifeOf(node) === 'alive' || isReady(node.ready)))
    return false
  return !node.isHere
}

/** Every speaker that runs was asked for its metrics, and none claims the address. */
function isClaimedByNobody({ nodes, vip }: ClusterCase): boolean {
  const running = [...nodes.values()].filter((node) => lifeOf(node) !== 'dead' && node.pods.length > 0)
  if (running.length === 0 || running.some(({ metrics }) => metrics === null)) return false
  return running.every(({ metrics }) => !isClaimed(metrics!.after, vip))
}

/** What else is seen of the live suspects, from the surest cause on. */
function cluesOf(item: ClusterCase, live: readonly string[]): say.Clue[] {
  return live
    .flatMap((name) => {
      const node = item.nodes.get(name)
      return node
        ? [
            speakerClue(node),
            failedClue(item, node),
            nicClue(item, node),
            configClue(node),
            counterClue(item, node),
          ]
        : []
    })
    .filter((clue) => clue !== null)
}

function speakerClue(node: NodeFacts): say.Clue | null {
  return isMute(node) ? { kind: 'no-speaker', node } : null
}

/** Newer than the last assignment: an older one was mended since. */
function failedClue({ side }: ClusterCase, node: NodeFacts): say.Clue | null {
  const failed = side?.records.failed.find((event) => event.node === node.name)
  return failed ? { kind: 'announce-failed', node, ageMs: failed.ageMs } : null
}

/** The advertisements name interfaces, and the node has none of them that would answer. */
function nicClue({ expected }: ClusterCase, node: NodeFacts): say.Clue | null {
  const { elected } = expected
  const allowed = elected.kind === 'somebody' ? (elected.interfaces.get(node.name) ?? 'all') : 'all'
  if (allowed === 'all' || node.nics === null) return null
  const { usable, down, enslaved, absent } = allowedNics(node.nics, allowed)
  if (usable.length > 0) return null
  const named = [
    ...down.map((name) => `${name} (down)`),
    ...enslaved.map((name) => `${name} (enslaved)`),
    ...absent.map((name) => `${name} (absent)`),
  ]
  return { kind: 'no-interface', node, named }
}

function configClue(node: NodeFacts): say.Clue | null {
  const why = staleConfig(node)
  return why === null ? null : { kind: 'config', node, why }
}

/** MetalLB counts each request that it takes for an address that it announces, and each reply: our probe is the test. */
function counterClue({ vip, evidence }: ClusterCase, node: NodeFacts): say.Clue | null {
  if (node.metrics === null) return null
  const { before, after } = node.metrics
  if (!isClaimed(after, vip)) return { kind: 'unclaimed', node }
  if (before === null || evidence.asked === 0) return null
  const [then, now] = [before, after].map(
    ({ counters }) => counters.get(vip) ?? { requests: 0, responses: 0 },
  )
  const rose = { requests: now!.requests - then!.requests, responses: now!.responses - then!.responses }
  // a restart in between sets counters back
  return rose.requests < 0 || rose.responses < 0 ? null : { kind: 'counters', node, ...rose }
}
