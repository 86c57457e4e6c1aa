import { hostsOf } from '../../../src/lab/hosts.ts'
import { BORN, type Life } from '../../../src/lab/cluster/life.ts'
import { nodesOf, type Moment } from '../../../src/lab/cluster/moment.ts'
import { clusterShape } from '../../../src/lab/cluster/shape.ts'

/** `default/web` on 192.168.1.60, which sha256 gives to nuc-4, then nuc-1, nuc-2, nuc-3. */
export const WEB = { services: { web: { ip: '192.168.1.60' } } }

type ToldHosts = Parameters<typeof hostsOf>[0]

/** A cluster as a story tells it, on the hosts that every story has. */
export function momentOf(told: object = WEB, life: Partial<Life> = {}, hosts: ToldHosts = {}): Moment {
  const story = clusterShape.parse(told)
  return { story, nodes: nodesOf(story, hostsOf(hosts)), life: { ...BORN, ...life }, kept: new Map() }
}
