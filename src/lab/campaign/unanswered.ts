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
function causeOf({ nodes, votes, ranks, ending }: Scene, { owners }: Knowledge): FindingCode {
  const isDeaf = nodes.some(({ name, isDeaf: deaf }) => deaf && owners.includes(name))
  if (isDeaf) return 'ARP107'
  const isFar = nodes.some((node) => node.isFar && owners.includes(node.name))
  if (owners.length > 0) return isFar ? 'ARP108' : 'ARP101'
  const running = ranks.flat().find((name) => votes.some(({ by }) => by === name))
  const blocks = votes.find(({ by, elects }) => elects !== null && (by === running || running === undefined))
  return blocks?.elects && ending.gone.has(blocks.elects) ? 'ARP102' : 'ARP101'
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
