import type { Ip } from '../../core/ip.ts'
import type { ExclusionName, Refusal } from '../../core/refusal.ts'
import { advertisementsFor, exclusionOf, localNodesOf, refusalOf } from './candidates.ts'
import type { Advertisement } from './configuration.ts'
import type { Ground } from './ground.ts'
import type { Rules } from './rules.ts'
import { handles, type Standing } from './standing.ts'

/** Who may stand for one Service, members or not: everything of the election but the members and the hash. */
export interface Slate {
  /** The text whose hash orders: the Service's first address, whatever its family. */
  readonly hashed: Ip | null
  readonly refusal: Refusal | null
  /** By node. */
  readonly free: ReadonlyMap<string, Standee>
  /** Whether a score may outweigh the hash. */
  readonly scored: boolean
  readonly excluded: readonly Exclusion[]
  readonly base: Rules['base']
}

export interface Standee {
  readonly node: string
  /** Sum of the weights that prefer this node. */
  readonly score: number
  /** NICs that it may answer on. */
  readonly interfaces: 'all' | readonly string[]
}

export interface Exclusion {
  readonly node: string
  readonly why: ExclusionName
}

export function slateOf(standing: Standing, ground: Ground, rules: Rules): Slate {
  const { service, pool, ips } = standing
  const { base } = rules
  const [hashed = null] = ips
  const refusal = refusalUnder(standing, ground, rules)
  if (refusal || !pool) return { ...NOBODY, hashed, refusal, base }
  const ads = advertisementsFor(pool, service, rules)
  const localNodes = localNodesOf(service, ground, rules)
  const { free, excluded, scored } = localNodes ? rosterOf(ads, localNodes, ground, rules) : common(ads, ground, rules) // prettier-ignore
  return { hashed, refusal, free, excluded, scored, base }
}

type Roster = Pick<Slate, 'free' | 'excluded' | 'scored'>

const NOBODY: Roster = { free: new Map(), excluded: [], scored: false }

const known = new WeakMap<Ground['configuration'], WeakMap<Rules, Map<string, Roster>>>()

/** Services that the same advertisements announce have the same nodes to stand: one roster for all of them. */
function common(ads: readonly Advertisement[], ground: Ground, rules: Rules): Roster {
  const ofGround = known.get(ground.configuration) ?? new WeakMap<Rules, Map<string, Roster>>()
  known.set(ground.configuration, ofGround)
  const ofRules = ofGround.get(rules) ?? new Map<string, Roster>()
  ofGround.set(rules, ofRules)
  // names are unique in MetalLB's namespace
  const key = ads.map(({ name }) => name).join()
  const roster = ofRules.get(key) ?? rosterOf(ads, null, ground, rules)
  ofRules.set(key, roster)
  return roster
}

function rosterOf(
  ads: readonly Advertisement[],
  localNodes: ReadonlySet<string> | null,
  ground: Ground,
  rules: Rules,
): Roster {
  const free = new Map<string, Standee>()
  const excluded: Exclusion[] = []
  for (const node of ground.nodes.values()) {
    const why = exclusionOf(node, ads, localNodes, rules)
    if (why) excluded.push({ node: node.name, why })
    else free.set(node.name, standeeOf(node.name, ads, rules))
  }
  return { free, excluded, scored: [...free.values()].some(({ score }) => score > 0) }
}

/** Why a speaker under these rules announces the Service on no node, whoever is a member; an unread input refuses nothing. */
export function refusalUnder(standing: Standing, ground: Ground, rules: Rules): Refusal | null {
  const { service, pool, refusal } = standing
  if (!handles(service, rules.lbClass)) return { why: 'other-class', what: service.loadBalancerClass ?? '' }
  if (refusal) return refusal.why === 'not-in-one-pool' && !ground.knows('pools') ? null : refusal
  return pool && ground.knows('l2Advertisements') ? refusalOf(service, pool, ground, rules) : null
}

function standeeOf(node: string, ads: readonly Advertisement[], rules: Rules): Standee {
  const own = ads.filter(({ nodes }) => nodes.has(node))
  const weights = rules.preferences ? ads.map(({ scores }) => scores.get(node) ?? 0) : []
  return {
    node,
    score: weights.reduce((sum, weight) => sum + weight, 0),
    interfaces: rules.interfaces ? interfacesOf(own) : 'all',
  }
}

/** One advertisement without names allows all NICs, else the union (ipAdvertisementFor). */
function interfacesOf(ads: readonly Advertisement[]): 'all' | readonly string[] {
  if (ads.some(({ interfaces }) => interfaces === 'all')) return 'all'
  return [...new Set(ads.flatMap(({ interfaces }) => interfaces))].toSorted()
}
