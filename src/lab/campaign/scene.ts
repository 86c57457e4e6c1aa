import type { Ip } from '../../core/ip.ts'
import { isOurs, ranked, type Served } from './ballot.ts'
import { castOf, type CastNode, type Noticed } from './cast.ts'
import type { Ending } from './ending.ts'
import { heardIn, isClaimedBy, winnerOf, type Heard, type Stage } from './heard.ts'

/** One VIP when the story ends: who should answer it, and who does. */
export interface Scene {
  readonly vip: Ip
  readonly nodes: readonly CastNode[]
  readonly ending: Ending
  /** What each running speaker elects, for each Service that has the address. */
  readonly votes: readonly Vote[]
  /** Best first, whoever is a member: one list for each Service. */
  readonly ranks: readonly (readonly string[])[]
  /** Speakers that believe they announce it. */
  readonly claimants: readonly string[]
  /** Who is heard answering a broadcast, where arpcheck asks. */
  readonly answers: readonly Heard[]
}

export interface Vote {
  readonly service: string
  readonly by: string
  readonly elects: string | null
}

export function scenesOf(ending: Ending, noticed: Noticed): Scene[] {
  const { cluster, gone } = ending
  const nodes = castOf(ending, noticed)
  const served: Served = ({ endpoints }, node) =>
    (endpoints ?? nodes.map(({ name }) => name)).includes(node) &&
    nodes.some(({ name }) => name === node) &&
    (noticed !== 'everything' || !gone.has(node))
  const holders = Object.entries(cluster.services).filter(([, service]) => isOurs(service, cluster))
  const vips = [...new Set(holders.flatMap(([, { ip = [] }]) => ip))]
  return vips.map((vip) => {
    const services = holders.filter(([, { ip = [] }]) => ip.includes(vip))
    return sceneOf({ vip, nodes, ending, services, served })
  })
}

function sceneOf(stage: Stage): Scene {
  const { vip, nodes, ending, services, served } = stage
  const { cluster, from } = ending
  const ranks = services.map(([, service]) => ranked(service, cluster, nodes, served))
  const running = nodes.filter(({ runs }) => runs)
  const votes = services.flatMap(([service], index) =>
    running.map((node) => ({ service, by: node.name, elects: winnerOf(ranks[index]!, node, cluster) })),
  )
  const answers = heardIn(stage).filter(({ host }) => host !== from)
  const claimants = running.filter((node) => isClaimedBy(node, stage)).map(({ name }) => name)
  return { vip, nodes, ending, votes, ranks, claimants, answers }
}
