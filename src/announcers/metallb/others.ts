import type { Node, Service } from '../../core/cluster.ts'
import type { Ip } from '../../core/ip.ts'
import type { OutOfScope } from '../announcer.ts'

const CLASSES: ReadonlyMap<string, OutOfScope['by']> = new Map([
  ['kube-vip.io/kube-vip-class', 'kube-vip'],
  ['io.cilium/l2-announcer', 'cilium'],
  ['io.cilium/bgp-control-plane', 'cilium'],
  ['io.cilium/node', 'cilium'],
])

/**
 * Who seems to announce an address that is not MetalLB's: by class, by who wrote the status, by annotation. An
 * address of a Node is what K3s ServiceLB writes.
 */
export function announcerOf(service: Service, ip: Ip, nodes: readonly Node[]): OutOfScope['by'] {
  const byClass = CLASSES.get(service.loadBalancerClass ?? '')
  if (byClass) return byClass
  const writer = service.statusWriter ?? ''
  if (writer.startsWith('cilium')) return 'cilium'
  if (writer.startsWith('kube-vip') || 'kube-vip.io/vipHost' in service.annotations) return 'kube-vip'
  const isNodes = nodes.some(
    ({ internalIps, externalIps }) => internalIps.includes(ip) || externalIps.includes(ip),
  )
  return isNodes ? 'servicelb' : null
}
