import type { Ip } from '../../src/core/ip.ts'
import { fleetAfter, type Fleet, type Sight } from '../../src/core/watch/fleet.ts'
import { LAN, mostWithin, nodeOf, vipOf, World } from './watch-world.ts'

/** 50 nodes and 1,000 VIPs: a start, a node that dies, churn, the API away while another dies; counted. */
export interface Story {
  readonly world: World
  readonly seconds: number
  /** Looks that ended, as the judge would get them: by broadcast, and those of them that nobody answered. */
  readonly looks: { broadcast: number; unicast: number; silent: number }
  /** Looks at a VIP that somebody answered for all the time, which heard nobody. */
  readonly falselySilent: string[]
  /** From the death of an owner to the first look of each vantage that was silent or saw the new one, in intervals. */
  readonly noticedAfter: number[]
  /** Seats that moved when the first node had died, and how many it had. */
  readonly moved: { seats: number; held: number }
  /** Seats that moved while the API was away. */
  movedWhileAway: number
}

const [NODES, VIPS] = [50, 1000]
const [FIRST, SECOND] = [7, 31]
/** From power loss to the new owner's announcement, as memberlist takes it. */
const FAILOVER_MS = 6000
/** Until the Node is NotReady and the daemon's pod with it. */
const NOT_READY_MS = 40_000

export function tellStory(seconds: number, seed: number): Story {
  const world = new World({ nodes: NODES, vips: VIPS, seed })
  world.keepsAsked = false
  const part = (seconds * 1000) / 6
  const story: Story = {
    world,
    seconds,
    looks: { broadcast: 0, unicast: 0, silent: 0 },
    falselySilent: [],
    noticedAfter: [],
    moved: { seats: 0, held: 0 },
    movedWhileAway: 0,
  }
  const orphans = new Map<string, { readonly diedMs: number; readonly sweepMs: number }>()
  const silentFrom = new Map<Ip, number>()
  const silentTo = new Map<Ip, number>()
  let fleet: Fleet | null = null
  let apiAnswers = true

  world.onEnded = (daemon, { ip, mode, sinceMs, answered }, atMs) => {
    story.looks[mode]++
    const orphan = orphans.get(`${daemon} ${ip}`)
    if (orphan && sinceMs >= orphan.diedMs) {
      story.noticedAfter.push((atMs - orphan.diedMs) / orphan.sweepMs)
      orphans.delete(`${daemon} ${ip}`)
    }
    if (answered) return
    story.looks.silent++
    const isLawful = (silentFrom.get(ip) ?? Infinity) <= atMs && (silentTo.get(ip) ?? Infinity) >= sinceMs
    const isHost = ip.startsWith('10.2.')
    if (!isLawful && !isHost) story.falselySilent.push(`${ip} from ${sinceMs} to ${atMs}`)
  }

  function refresh(): void {
    const live = world.schedules.map((_, i) => i).filter((i) => !world.dead.has(i))
    const daemons = apiAnswers ? live.map((i) => ({ node: nodeOf(i), segments: [LAN] })) : []
    fleet = fleetAfter(fleet, sightOf(daemons, apiAnswers), world.nowMs)
    const before = seatsOf(world)
    world.replan(
      2000,
      world.places(),
      fleet.daemons.map(({ node }) => Number(node.slice(5))),
    )
    const after = seatsOf(world)
    const owned = new Set([...world.owners].map(([vip, owner]) => `${vip} ${nodeOf(owner)}`))
    const gone = [...before].filter((seat) => !after.has(seat) && !owned.has(seat)).length // nobody watches himself
    if (!apiAnswers) story.movedWhileAway += gone
    else if (world.dead.has(FIRST) && story.moved.seats === 0) story.moved.seats = gone
  }

  function dies(node: number): void {
    world.dead.add(node)
    const orphaned = [...world.owners].filter(([, owner]) => owner === node).map(([vip]) => vip)
    for (const vip of orphaned) {
      silentFrom.set(vip, world.nowMs)
      for (const name of world.assignment.get(vip)!.vantages) {
        const daemon = Number(name.slice(5))
        const { sweepMs } = world.schedules[daemon]!.plan.targets.get(vip)!
        if (!world.dead.has(daemon)) orphans.set(`${daemon} ${vip}`, { diedMs: world.nowMs, sweepMs })
      }
    }
    world.at(world.nowMs + FAILOVER_MS, () => {
      for (const [i, vip] of orphaned.entries()) {
        silentTo.set(vip, world.nowMs + 1000)
        world.announce(vip, (node + 1 + (i % (NODES - 2))) % NODES)
      }
    })
  }

  world.replan()
  const all = world.schedules.map((_, i) => ({ node: nodeOf(i), segments: [LAN] }))
  fleet = fleetAfter(fleet, sightOf(all, apiAnswers), 0)
  world.at(part, () => {
    story.moved.held = [...world.assignment.values()].filter(({ vantages }) =>
      vantages.includes(nodeOf(FIRST)),
    ).length
    dies(FIRST)
  })
  world.at(part + NOT_READY_MS, refresh)
  for (let atMs = 2 * part; atMs < 3 * part; atMs += 10_000)
    world.at(atMs, () => {
      const vip = vipOf(Math.floor(world.random.next() * VIPS))
      const owner = Math.floor(world.random.next() * NODES)
      if (!world.dead.has(owner)) world.announce(vip, owner)
      refresh()
    })
  world.at(4 * part, () => {
    apiAnswers = false
    refresh()
  })
  world.at(4 * part + 20_000, () => dies(SECOND))
  world.at(4 * part + 20_000 + NOT_READY_MS, refresh)
  world.at(5 * part - 61_000, () => {
    apiAnswers = true
    refresh()
  })
  world.at(5 * part, refresh)
  world.run(seconds * 1000)
  return story
}

function sightOf(daemons: Sight['daemons'], apiAnswers: boolean): Sight {
  return { daemons, apiAnswers, by: 'pods', recorded: [], turnsInMs: null }
}

function seatsOf(world: World): Set<string> {
  return new Set(
    [...world.assignment].flatMap(([vip, { vantages }]) => vantages.map((node) => `${vip} ${node}`)),
  )
}

/** What a port carried: its mean, and its most in one second, over all ports. */
export function portsOf({ world, seconds }: Story): { mean: number; most: number; over: number } {
  const all = [...world.frames.values()].map((moments) => moments.toSorted((a, b) => a - b))
  return {
    mean: Math.max(...all.map(({ length }) => length / seconds)),
    most: Math.max(...all.map((moments) => mostWithin(moments, 1000))),
    over: all.reduce((sum, moments) => sum + secondsOver(moments, 15), 0),
  }
}

/** Whole seconds with more than so many frames. */
function secondsOver(moments: readonly number[], limit: number): number {
  const counts = new Map<number, number>()
  for (const ms of moments) counts.set(Math.floor(ms / 1000), (counts.get(Math.floor(ms / 1000)) ?? 0) + 1)
  return [...counts.values()].filter((count) => count > limit).length
}
