import type { HostFacts, InterfaceAddress, Link } from './host.ts'
import { contains, ipv4Number, isIpv4, prefixOf, UNSPECIFIED_IPV4, type Ip } from './ip.ts'
import type { Mac } from './mac.ts'
import { nearest } from './nearest.ts'

/** One interface to ask from, and what to ask there. */
export interface Vantage {
  readonly link: Link & { readonly mac: Mac }
  /** The interface's first IPv4 address. */
  readonly ip: Ip | null
  readonly vips: readonly Ip[]
  /** The on-link default gateways: they must answer, if this interface hears at all. */
  readonly canaries: readonly Ip[]
}

/** Why an interface that the user named cannot be asked from. */
export interface LinkProblem {
  readonly code: 'no-such-interface' | 'interface-down' | 'not-ethernet'
  readonly message: string
  readonly remedy: readonly string[]
}

export interface VantagePlan {
  readonly vantages: readonly Vantage[]
  /** VIPs that lie on no segment of this host. */
  readonly offSegment: readonly Ip[]
}

/**
 * Which interface asks for which VIP: those whose subnet holds it, by the longest prefix. Interfaces that the
 * user named override the subnet test: MetalLB answers on NICs without an address too (its rescan looks at
 * flags only), so a VIP that is on-link nowhere is asked on each of them.
 */
export function planVantages(
  vips: readonly Ip[],
  named: readonly string[],
  facts: HostFacts,
): VantagePlan | LinkProblem {
  const problem = named.map((name) => linkProblem(name, facts.links)).find((found) => found !== undefined)
  if (problem) return problem
  const usable = facts.links.filter(isUsable)
  const asked = named.length > 0 ? usable.filter(({ name }) => named.includes(name)) : usable
  const places = new Map(vips.filter(isIpv4).map((vip) => [vip, placesOf(vip, asked, named.length > 0)]))
  const vantages = asked
    .map((link) =>
      vantageOf(
        link,
        [...places].filter(([, links]) => links.includes(link)).map(([vip]) => vip),
        facts,
      ),
    )
    .filter((vantage) => vantage.vips.length > 0)
  return { vantages, offSegment: [...places].filter(([, links]) => links.length === 0).map(([vip]) => vip) }
}

/**
 * The sender address of a who-has: the interface's own in the VIP's subnet, as a real client would use, else zero
 * (RFC 5227: no neighbour table learns it). Never the VIP itself: that would announce it.
 */
export function senderFor(vip: Ip, link: Link, wish: 'auto' | 'zero' | Ip): Ip {
  return senderOn(link, wish)(vip)
}

/** The same for thousands. */
export function senderOn(link: Link, wish: 'auto' | 'zero' | Ip): (vip: Ip) => Ip {
  if (wish !== 'auto') return (vip) => (wish === 'zero' || wish === vip ? UNSPECIFIED_IPV4 : wish)
  const own = link.addresses.filter(({ ip }) => isIpv4(ip))
  const numbers = own.map(({ ip }) => ipv4Number(ip))
  const masks = own.map(({ bits }) => (bits === 0 ? 0 : -1 << (32 - bits)))
  return (vip) => {
    const number = ipv4Number(vip)
    const isIts = (_: unknown, i: number) =>
      ((numbers[i]! ^ number) & masks[i]!) === 0 && numbers[i] !== number
    return (number < 0 ? undefined : own.find(isIts)?.ip) ?? UNSPECIFIED_IPV4
  }
}

/** Whether one of the link's subnets holds `ip`. */
export function isOnLink(ip: Ip, link: Link): boolean {
  return prefixLength(ip, link) >= 0
}

function placesOf(
  vip: Ip,
  links: readonly (Link & { mac: Mac })[],
  isNamed: boolean,
): (Link & { mac: Mac })[] {
  const longest = Math.max(...links.map((link) => prefixLength(vip, link)))
  if (longest >= 0) return links.filter((link) => prefixLength(vip, link) === longest)
  return isNamed ? [...links] : []
}

/** Bits of the longest subnet of `link` that holds `vip`; -1 for none. */
function prefixLength(vip: Ip, link: Link): number {
  return Math.max(-1, ...link.addresses.filter((address) => holds(address, vip)).map(({ bits }) => bits))
}

function holds({ ip, bits }: InterfaceAddress, vip: Ip): boolean {
  if (isIpv4(ip) !== isIpv4(vip)) return false
  return contains(isIpv4(ip) ? { base: ip, bits } : prefixOf(ip, bits), vip)
}

function vantageOf(link: Link & { mac: Mac }, vips: readonly Ip[], facts: HostFacts): Vantage {
  const gateways = facts.gateways
    .filter((gateway) => gateway.interface === link.name && isIpv4(gateway.ip))
    .map(({ ip }) => ip)
  return {
    link,
    ip: link.addresses.find(({ ip }) => isIpv4(ip))?.ip ?? null,
    vips,
    canaries: [...new Set(gateways)].filter((ip) => !vips.includes(ip)),
  }
}

function isUsable(link: Link): link is Link & { mac: Mac } {
  return link.ethernet && !link.loopback && link.mac !== null && link.up && link.carrier
}

/** Named interfaces that cannot be asked from, and why. */
export function unusableOf(named: readonly string[], { links }: HostFacts): ReadonlyMap<string, LinkProblem> {
  return new Map(
    named.flatMap((name) => {
      const problem = linkProblem(name, links)
      return problem ? [[name, problem] as const] : []
    }),
  )
}

function linkProblem(name: string, links: readonly Link[]): LinkProblem | undefined {
  const link = links.find((candidate) => candidate.name === name)
  if (!link) return { code: 'no-such-interface', ...strangerText(name, links) }
  if (!link.ethernet || link.loopback || link.mac === null) {
    return {
      code: 'not-ethernet',
      message: `${name} is not an Ethernet interface, so it carries no ARP.`,
      remedy: [othersText(links, name)],
    }
  }
  if (link.up && link.carrier) return undefined
  const why = link.up ? 'no carrier' : 'not switched on'
  const remedy = link.up
    ? `Check the cable or the switch port of ${name}.`
    : `To switch it on:  ip link set ${name} up`
  return { code: 'interface-down', message: `${name} is down (${why}). Nothing was sent.`, remedy: [remedy] }
}

function strangerText(name: string, links: readonly Link[]): { message: string; remedy: string[] } {
  const meant = links.find(
    (link) =>
      link.name ===
      nearest(
        name,
        links.map((other) => other.name),
      ),
  )
  const guess = meant ? ` Did you mean ${describe(meant)}?` : ''
  return { message: `There is no interface ${name} here.${guess}`, remedy: [othersText(links, meant?.name)] }
}

function othersText(links: readonly Link[], except: string | undefined): string {
  const others = links.filter(({ name, loopback }) => name !== except && !loopback)
  return others.length === 0
    ? 'This host has no other interface.'
    : `Others: ${others.map(describe).join(', ')}.`
}

function describe(link: Link): string {
  const address = link.addresses.find(({ ip }) => isIpv4(ip))
  const state = link.up && link.carrier ? 'up' : 'down'
  return `${link.name} (${[address && `${address.ip}/${address.bits}`, link.kind, state].filter(Boolean).join(', ')})`
}
