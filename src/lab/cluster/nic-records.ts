import type { ApiObject } from '../api/kinds.ts'
import { nicLease } from '../api/objects.ts'
import { BRIDGE, INTERFACE, SUBNET_BITS, type LabHost } from '../hosts.ts'
import type { ClusterNode } from './moment.ts'

/** What a daemon writes of one NIC (docs/permissions.md). */
interface WrittenNic {
  readonly name: string
  readonly mac: string
  readonly state: 'up' | 'enslaved'
  readonly addresses: readonly string[]
}

/** The records of arpcheck's daemons, as they wrote them while their nodes were whole. */
export function nicLeases(
  told: boolean | readonly string[],
  nodes: readonly ClusterNode[],
  hosts: readonly LabHost[],
): ApiObject[] {
  const writing = nodes.filter(({ name }) => (typeof told === 'boolean' ? told : told.includes(name)))
  const byName = new Map(hosts.map((host) => [host.name, host]))
  return writing.map(({ name }) => nicLease(name, nicsOf(byName.get(name)!)))
}

/** The address is the bridge's where there is one, and `eno1` a port of it. */
function nicsOf({ nics, bridge, address }: LabHost): WrittenNic[] {
  const addresses = [`${address}/${SUBNET_BITS}`]
  const plain = nics.map(({ name, mac }): WrittenNic => ({ name, mac, state: 'up', addresses: [] }))
  if (bridge === null) return plain.map((nic) => (nic.name === INTERFACE ? { ...nic, addresses } : nic))
  return [
    { name: BRIDGE, mac: bridge, state: 'up', addresses },
    ...plain.map((nic): WrittenNic => (nic.name === INTERFACE ? { ...nic, state: 'enslaved' } : nic)),
  ]
}
