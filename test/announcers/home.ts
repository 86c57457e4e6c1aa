import { elect, type Election } from '../../src/announcers/metallb/election.ts'
import { groundOf } from '../../src/announcers/metallb/ground.ts'
import { metallb } from '../../src/announcers/metallb/metallb.ts'
import type { Evidence, Vip } from '../../src/announcers/announcer.ts'
import type { ClusterSnapshot, Service } from '../../src/core/cluster.ts'
import type { ClusterExpectation } from '../../src/core/expectation.ts'
import type { SpeakerView } from '../../src/core/views.ts'
import { advertisement, cluster, node, pool, service, slice, speaker } from '../helpers/cluster.ts'

export const NUCS = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4'] as const
/** The order of the nodes by hash: who wins each address, and who is next. */
export const ORDER_OF_60 = ['nuc-4', 'nuc-1', 'nuc-2', 'nuc-3']
export const ORDER_OF_61 = ['nuc-4', 'nuc-3', 'nuc-2', 'nuc-1']
export const ORDER_OF_62 = ['nuc-2', 'nuc-1', 'nuc-4', 'nuc-3']

/** The home lab: four nodes, one pool that everybody announces, and `default/web` on 192.168.1.60. */
export function home(parts: Partial<ClusterSnapshot> = {}, version = 'v0.16.1'): ClusterSnapshot {
  return cluster({
    services: [web()],
    endpointSlices: [slice('web', ['nuc-1', 'nuc-2'])],
    nodes: NUCS.map((name) => node(name)),
    speakerPods: NUCS.map((name) => speaker(name, version)),
    pools: [pool('default', ['192.168.1.60-192.168.1.99'])],
    l2Advertisements: [advertisement('default')],
    ...parts,
  })
}

export function web(parts: Partial<Service> = {}): Service {
  return service('web', ['192.168.1.60'], parts)
}

/** The election for `default/web` with every node a member. */
export function election(
  made: ClusterSnapshot,
  members: readonly string[] = NUCS,
  key = 'default/web',
): Election {
  const ground = groundOf(made)
  return elect(ground.standings.get(key)!, ground, { members }, ground.rules[0]!)
}

export function order(made: ClusterSnapshot, members?: readonly string[]): string[] {
  return election(made, members).candidates.map((candidate) => candidate.node)
}

export function whyNot(made: ClusterSnapshot, name: string, members?: readonly string[]): string | undefined {
  return election(made, members).excluded.find((exclusion) => exclusion.node === name)?.why
}

export function vipOf(made: ClusterSnapshot, address = '192.168.1.60'): Vip {
  const vip = metallb.vips(made).vips.find(({ ip }) => ip === address)
  if (!vip) throw new Error(`${address} is no VIP of this cluster`)
  return vip
}

export function expectation(
  made: ClusterSnapshot,
  evidence: Partial<Evidence> = {},
  address?: string,
): ClusterExpectation {
  const nothing = { views: [], silentNodes: new Set<string>(), maxAgeMs: 300_000 }
  return metallb.elect(vipOf(made, address), made, { ...nothing, ...evidence })
}

/** A speaker's view: members are alive unless their name says otherwise, as `nuc-4:dead`. */
export function view(by: string, members: readonly string[]): SpeakerView {
  return {
    speaker: by,
    members: members.map((text) => {
      const [name = '', state = 'alive'] = text.split(':')
      return { name, address: null, port: 7946, state: state as 'alive', incarnation: 1 }
    }),
  }
}
