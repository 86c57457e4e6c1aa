import type { Assumption, Somebody } from '../../core/expectation.ts'
import { isUsable } from '../../core/views.ts'
import type { Evidence } from '../announcer.ts'
import type { Ground } from './ground.ts'
import { hypothesesOf } from './hypotheses.ts'
import { isNewer } from './version.ts'

/** Who elects: speakers by their own views, hypotheses, or anyone where memberlist is off. */
export interface Electorate {
  readonly membership: Somebody['membership']
  readonly voters: readonly Voter[]
  readonly assumed: readonly Assumption[]
}

export interface Voter {
  /** A speaker's node, or a hypothesis. */
  readonly by: string
  readonly members: ReadonlySet<string>
}

const known = new WeakMap<Evidence, { ground: Ground; electorate: Electorate }>()

/** Made once for all VIPs that are judged by the same evidence. */
export function electorateOf(ground: Ground, evidence: Evidence): Electorate {
  const last = known.get(evidence)
  if (last?.ground === ground) return last.electorate
  const electorate = makeElectorate(ground, evidence)
  known.set(evidence, { ground, electorate })
  return electorate
}

function makeElectorate(ground: Ground, evidence: Evidence): Electorate {
  const { cluster, rules } = ground
  const speakers = [...cluster.speakerPods, ...cluster.speakerDaemonSets]
  const images = new Set(speakers.map(({ image }) => image))
  const assumed: readonly Assumption[] = [
    ...(ground.endpoints ? [] : [{ what: 'served' } as const]),
    ...(speakers.length > 0 ? [] : [{ what: 'settings' } as const]),
    ...[...images].filter(isNewer).map((image) => ({ what: 'release', image }) as const),
  ]
  if (rules.every(({ base }) => base !== 'members'))
    return { membership: 'off', voters: [{ by: 'every-node', members: new Set() }], assumed }
  return fromViews(ground, evidence, assumed) ?? fromHypotheses(ground, evidence, assumed)
}

/**
 * Views that were read, less those of speakers that run on older configuration: nobody knows how they vote. They
 * stay possible answerers, like every speaker whose view is not known.
 */
function fromViews(
  ground: Ground,
  { views }: Evidence,
  assumed: readonly Assumption[],
): Electorate | undefined {
  const invalid = ground.cluster.configurationStates.filter(({ result }) => result === 'Invalid')
  const stale = new Set(invalid.map(({ node }) => node))
  const voters = views
    .filter(({ speaker }) => !stale.has(speaker))
    .map(({ speaker, members }) => ({
      by: speaker,
      members: new Set(members.filter(isUsable).map(({ name }) => name)),
    }))
  const ignored = views.filter(({ speaker }) => stale.has(speaker))
  const why = ignored.map(({ speaker }) => ({ what: 'stale-speaker', node: speaker }) as const)
  return voters.length > 0 ? { membership: 'read', voters, assumed: [...assumed, ...why] } : undefined
}

function fromHypotheses(
  ground: Ground,
  { silentNodes }: Evidence,
  assumed: readonly Assumption[],
): Electorate {
  const hypotheses = hypothesesOf(ground, silentNodes)
  return {
    membership: 'inferred',
    voters: hypotheses.map(({ name, members }) => ({ by: name, members: new Set(members) })),
    assumed: [...assumed, { what: 'membership', hypotheses }],
  }
}
