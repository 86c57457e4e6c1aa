import type { ClusterSnapshot } from '../../core/cluster.ts'
import { compareIps, isIpv4, type Ip } from '../../core/ip.ts'
import type { Refusal } from '../../core/refusal.ts'
import type { Holder, Inventory, OutOfScope, Vip } from '../announcer.ts'
import { holds } from './configuration.ts'
import { groundOf, keyOf, type Ground } from './ground.ts'
import { announcerOf } from './others.ts'
import { refusalUnder } from './slate.ts'
import { handles, type Standing } from './standing.ts'

const ALLOCATED = ['metallb.io/ip-allocated-from-pool', 'metallb.universe.tf/ip-allocated-from-pool']

const known = new WeakMap<Ground['standings'], Inventory>()

/**
 * Services → VIPs: the addresses that lie in a MetalLB pool and whose Service passes the class filter. Made once for
 * snapshots that differ in their ages alone, which share their standings.
 */
export function inventoryOf(cluster: ClusterSnapshot): Inventory {
  const ground = groundOf(cluster)
  const inventory = known.get(ground.standings) ?? makeInventory(ground)
  known.set(ground.standings, inventory)
  return inventory
}

function makeInventory(ground: Ground): Inventory {
  const standings = [...ground.standings.values()].toSorted((a, b) =>
    keyOf(a.service) < keyOf(b.service) ? -1 : 1,
  )
  const accepted = standings.filter((standing) => isOurs(standing, ground))
  const places = standings.flatMap((standing) => [...new Set(standing.ips)].map((ip) => ({ ip, standing })))
  const inScope = new Set(places.filter((place) => isInScope(place, ground)))
  return {
    vips: vipsOf([...inScope], ground),
    outOfScope: places.filter((place) => !inScope.has(place)).map((place) => outOfScope(place, ground)),
    waiting: accepted
      .filter(({ refusal }) => refusal?.why === 'no-address')
      .map((standing) => holderOf(standing, ground)),
  }
}

/** One address of one Service. */
interface Place {
  readonly ip: Ip
  readonly standing: Standing
}

/** Whether a speaker's class filter lets the Service through; without a known speaker, that of the manifests. */
function isOurs({ service }: Standing, { rules }: Ground): boolean {
  return rules.length === 0 ? handles(service, '') : rules.some(({ lbClass }) => handles(service, lbClass))
}

/**
 * By containment, whoever wrote the status: MetalLB announces what lies in its pools. Where the pools cannot be read,
 * MetalLB's own note on the Service must do.
 */
function isInScope({ ip, standing }: Place, ground: Ground): boolean {
  if (!isOurs(standing, ground)) return false
  if (ground.knows('pools')) return poolNameOf(ip, ground) !== null
  return ALLOCATED.some((key) => Object.hasOwn(standing.service.annotations, key))
}

function vipsOf(places: readonly Place[], ground: Ground): Vip[] {
  const byIp = new Map<Ip, Holder[]>()
  for (const { ip, standing } of places) {
    const holders = byIp.get(ip) ?? []
    holders.push(holderOf(standing, ground))
    byIp.set(ip, holders)
  }
  return [...byIp.keys()].toSorted(compareIps).map((ip) => ({
    ip,
    family: isIpv4(ip) ? 'ipv4' : 'ipv6',
    pool: poolNameOf(ip, ground),
    holders: byIp.get(ip)!,
  }))
}

function holderOf(standing: Standing, ground: Ground): Holder {
  return { key: keyOf(standing.service), service: standing.service, refusal: commonRefusal(standing, ground) }
}

/** A refusal by every speaker's rules; null where one of them might announce, or where an input is missing. */
export function commonRefusal(standing: Standing, ground: Ground): Refusal | null {
  const refusals = ground.rules.map((rules) => refusalUnder(standing, ground, rules))
  return refusals.every((refusal) => refusal !== null) ? (refusals[0] ?? standing.refusal) : null
}

function poolNameOf(ip: Ip, { configuration }: Ground): string | null {
  return configuration.pools.find((pool) => holds(pool, ip))?.name ?? null
}

function outOfScope({ ip, standing }: Place, ground: Ground): OutOfScope {
  const { service } = standing
  return {
    ip,
    service: keyOf(service),
    why: !isOurs(standing, ground)
      ? 'other-class'
      : ground.knows('pools')
        ? 'not-in-a-pool'
        : 'pools-not-read',
    by: announcerOf(service, ip, ground.cluster.nodes),
  }
}
