import type { FindingCode } from '../../core/findings.ts'
import { admit, admitUnknown, type Admitted } from './allowances.ts'
import { knowledgeOf, type Knowledge } from './knowledge.ts'
import type { Scene } from './scene.ts'

/** A VIP that nobody is heard answering: should anybody, and what keeps it? */
export function silentTruth(scene: Scene): Admitted[] {
  const known = knowledgeOf(scene)
  const { owners, isWanted, read, isOff } = known
  const { from } = scene.ending
  const isInferred = read.length === 0 && !isOff
  if (owners.includes(from)) return ownTruth(scene, known)
  const perhaps = isInferred && nobodyLeft(scene) ? [admit('ok', 'ARP903', 'unread-silence')] : []
  if (!isWanted) return [admit('idle', 'ARP104'), ...perhaps]
  const cause = causeOf(scene, known)
  return [
    admit('silent', cause),
    ...otherCauses(scene, cause, isInferred),
    ...perhaps,
    ...perhapsOurs(scene, known),
  ]
}

/** A host does not hear its own answers: silence is what it hears where it is elected itself. */
function ownTruth({ ending, ranks }: Scene, { read, isOff }: Knowledge): Admitted[] {
  const isKnown = isOff || read.includes(ending.from)
  const isSure = isKnown || (read.length === 0 && !ranks.flat().some((name) => ending.gone.has(name)))
  const maybe = admitUnknown('maybe-self', 'ARP901', 'unread-self')
  return [admit('self', 'ARP901'), ...(isSure ? [] : [maybe])]
}

/** The best-placed speaker that runs keeps silent: because of itself, or because it counts somebody better-placed. */
function causeOf(scene: Scene, { owners }: Knowledge): FindingCode {
  const { nodes, ending } = scene
  const elected = nodes.filter(({ name }) => owners.includes(name))
  if (elected.some(({ isDeaf }) => isDeaf)) return 'ARP107'
  const blocks = owners.length > 0 ? null : blockerOf(scene)
  if (blocks !== null && ending.gone.has(blocks)) return 'ARP102'
  if (elected.some(({ isFar }) => isFar)) return 'ARP108'
  return isUnclaimed(scene) ? 'ARP103' : 'ARP101'
}

/** Whom it counts and should not, or whoever is elected where nobody runs. */
function blockerOf({ votes, ranks }: Scene): string | null {
  const running = ranks.flat().find((name) => votes.some(({ by }) => by === name))
  const vote = votes.find(({ by, elects }) => elects !== null && (by === running || running === undefined))
  return vote?.elects ?? null
}

/** The metrics of all that live say so. */
function isUnclaimed({ nodes, claimants, ending }: Scene): boolean {
  const { cluster, words, gone } = ending
  const living = nodes.filter(({ name }) => !gone.has(name) && cluster.nodes[name]?.pod !== 'absent')
  const isReadable = living.every(({ name, runs }) => runs && cluster.nodes[name]?.metrics === undefined)
  return words.includes('--speaker-metrics') && isReadable && claimants.length === 0
}

function otherCauses({ ranks, ending }: Scene, cause: FindingCode, isInferred: boolean): Admitted[] {
  const isDoubtful = isInferred && ranks.flat().some((name) => ending.gone.has(name))
  const others = (['ARP101', 'ARP102'] as const).filter((code) => code !== cause)
  return isDoubtful ? others.map((code) => admit('silent', code, 'unread-cause')) : []
}

/** Whoever might announce it is gone, so that a member list without them would elect nobody. */
function nobodyLeft({ ranks, ending }: Scene): boolean {
  return ranks.flat().length > 0 && ranks.flat().every((name) => ending.gone.has(name))
}

function perhapsOurs({ ranks, ending, votes, nodes }: Scene, { read, isOff }: Knowledge): Admitted[] {
  const { from, gone } = ending
  if (isOff || read.includes(from) || !nodes.some(({ name }) => name === from)) return []
  const isElected = votes.some(({ by, elects }) => elects === from && read.includes(by))
  const isNext = read.length === 0 && ranks.some((names) => names.find((name) => !gone.has(name)) === from)
  return isElected || isNext ? [admitUnknown('maybe-self', 'ARP901', 'unread-self')] : []
}
