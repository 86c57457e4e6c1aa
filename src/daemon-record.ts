import type { NodeNic } from './core/cluster.ts'
import type { HostFacts } from './core/host.ts'
import { isIpv4 } from './core/ip.ts'

/** What a daemon writes down of its node: NICs that may answer ARP. A pod's end of a cable comes and goes, and answers for nobody outside. */
export function nicsOf({ links }: HostFacts): readonly NodeNic[] {
  return links.flatMap((link): NodeNic[] => {
    const addresses = link.addresses.filter(({ ip }) => isIpv4(ip))
    const isPods = link.kind === 'veth' && addresses.length === 0
    if (!link.ethernet || link.loopback || link.mac === null || !link.arp || isPods) return []
    const state = link.master !== null ? 'enslaved' : link.up && link.carrier ? 'up' : 'down'
    return [{ name: link.name, mac: link.mac, addresses, state }]
  })
}

export function isSameRecord(one: readonly NodeNic[], other: readonly NodeNic[]): boolean {
  return JSON.stringify(one.map(essence)) === JSON.stringify(other.map(essence))
}

function essence({ name, mac, addresses, state }: NodeNic): unknown {
  return [name, mac, state, addresses.map(({ ip, bits }) => `${ip}/${bits}`)]
}
