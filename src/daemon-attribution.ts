import { attributionQuestions, macMapFor, type Question } from './core/attribution.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import { BROADCAST_MAC, type Mac } from './core/mac.ts'
import type { Ip } from './core/ip.ts'
import { ownMacs } from './core/outcome.ts'
import { evidenceOf } from './core/round.ts'
import { isOnLink } from './core/vantage.ts'
import { allPast } from './core/watch/address-looks.ts'
import { toldAfter, unrecorded, type AllTold } from './core/watch/told.ts'
import type { Knowledge } from './daemon-cluster.ts'
import type { Port } from './daemon-port.ts'

/** A flood of strangers, or of nodes without records, is not asked through. */
const MOST_QUESTIONS = 200

/**
 * Whose the MACs are that answer on one interface: first the addresses of the nodes without a record are asked for, then
 * each stranger alone, whether it is one of them. Null: nothing was found out.
 */
export async function attributed(port: Port, knowledge: Knowledge): Promise<AllTold | null> {
  const open = unrecordedOthers(knowledge)
  const here = open.flatMap(({ internalIps }) => internalIps.filter((ip) => isOnLink(ip, port.vantage.link)))
  const first = here.length === 0 ? null : await port.inquire(broadcasts(here))
  if (!first || first.loss === 'lost') return null
  const own = ownMacs(knowledge.facts)
  const bearing = new Set([...here, ...open.flatMap(({ podGateways }) => podGateways)])
  const strangers = attributionQuestions(sideUntold(knowledge), own, [...allPast(port.looks), first])
  const questions = strangers.filter(({ ip }) => bearing.has(ip)).slice(0, MOST_QUESTIONS)
  const second = questions.length > 0 ? await port.inquire(questions) : first
  if (!second || second.loss === 'lost') return null
  const past = [...allPast(port.looks), first, second]
  const side = sideUntold(knowledge)
  const before = macMapFor(side, own, allPast(port.looks))
  const asked = answerers(port, own).filter((mac) => !before.nodeOf.has(mac) && !before.foreign.has(mac))
  return toldAfter(knowledge.told, asked, macMapFor(side, own, past), side.cluster, port.nowMs())
}

/** Nodes whose NICs nobody wrote down, but for our own. */
export function unrecordedOthers(knowledge: Knowledge): ReturnType<typeof unrecorded> {
  const { ownNode, cluster } = sideUntold(knowledge)
  return unrecorded(cluster).filter(({ name }) => name !== ownNode)
}

/** As it is read, without what was found out before: that is asked for anew. */
export function sideUntold(knowledge: Knowledge): ClusterSide {
  return { ...knowledge.sideSince(knowledge.look), told: undefined }
}

function broadcasts(ips: readonly Ip[]): Question[] {
  return ips.slice(0, MOST_QUESTIONS).map((ip) => ({ ip, to: BROADCAST_MAC }))
}

/** Who answered for a VIP, and is no NIC of ours. */
function answerers({ vantage, looks }: Port, own: ReadonlySet<Mac>): Mac[] {
  const macs = vantage.vips.flatMap((vip) => {
    const round = looks.broadcast.get(vip)?.round
    return round ? evidenceOf(round, vip).answers.map(({ mac }) => mac) : []
  })
  return [...new Set(macs)].filter((mac) => !own.has(mac))
}
