import type { ClusterSnapshot, Node, OtherAnnouncer, Service } from '../../core/cluster.ts'
import type { Ip } from '../../core/ip.ts'
import type { Other } from '../../core/cluster-side.ts'
import type { OutOfScope, Vip } from '../announcer.ts'
import { groundOf, keyOf, type Ground } from './ground.ts'
import type { Standing } from './standing.ts'

/** Classes of controllers that answer by ARP; Cilium's other two are not among them. */
const BY_ARP: ReadonlyMap<string, Other['by']> = new Map([
  ['kube-vip.io/kube-vip-class', 'kube-vip'],
  ['io.cilium/l2-announcer', 'cilium'],
])
const CLASSES: ReadonlyMap<string, OutOfScope['by']> = new Map([
  ...BY_ARP,
  ['io.cilium/bgp-control-plane', 'cilium'],
  ['io.cilium/node', 'cilium'],
])
/** Field managers are the first word of a program's user agent; K3s is one program with everything in it. */
const WRITERS = [
  ['cilium', 'cilium'],
  ['kube-vip', 'kube-vip'],
  ['k3s', 'servicelb'],
] as const
const VIP_HOST = 'kube-vip.io/vipHost'

/**
 * Who seems to announce an address that is not MetalLB's: by class, by who wrote the status, by annotation. An
 * address of a Node is what K3s ServiceLB writes.
 */
export function announcerOf(service: Service, ip: Ip, nodes: readonly Node[]): OutOfScope['by'] {
  const byClass = CLASSES.get(service.loadBalancerClass ?? '')
  if (byClass) return byClass
  const writer = writerOf(service)
  if (writer === 'cilium' || writer === 'kube-vip') return writer
  if (VIP_HOST in service.annotations) return 'kube-vip'
  return isOfNode(ip, nodes) ? 'servicelb' : null
}

/**
 * Which other controllers announce this very address (#1871, #2641, k3s#269), the surest first: by a Lease that is held,
 * by what they left on a Service that carries it. K3s ServiceLB on other Services is nothing of ours.
 */
export function othersOf({ ip }: Vip, cluster: ClusterSnapshot): Other[] {
  const ground = groundOf(cluster)
  const carriers = carriersIn(ground).get(ip) ?? []
  const services = carriers.map(({ service }) => service)
  const found = [
    ...cluster.otherAnnouncers.filter((lease) => isHeld(lease, cluster)).flatMap(byLease(services, ground)),
    ...services.flatMap(byMarks),
    ...carriers.flatMap(({ service, ips }) => (isServiceLbs(service, ips, ip, cluster) ? [SERVICE_LB] : [])),
  ]
  return found.filter((one, i) => found.findIndex((other) => isSame(one, other)) === i)
}

const carriers = new WeakMap<Ground['standings'], ReadonlyMap<Ip, readonly Standing[]>>()

/** Services by their addresses: made once for all VIPs. */
function carriersIn({ standings }: Ground): ReadonlyMap<Ip, readonly Standing[]> {
  const known = carriers.get(standings)
  if (known) return known
  const byIp = new Map<Ip, Standing[]>()
  for (const standing of standings.values())
    for (const ip of new Set(standing.ips)) byIp.set(ip, [...(byIp.get(ip) ?? []), standing])
  carriers.set(standings, byIp)
  return byIp
}

const SERVICE_LB: Other = { by: 'servicelb', what: 'status-writer', node: null }

/** When it was read, not now: a daemon reads Leases now and then. One Lease more for clocks that differ. */
function isHeld({ node, renewedAt, leaseMs }: OtherAnnouncer, { takenAt, inputs }: ClusterSnapshot): boolean {
  const { ageMs } = inputs.otherAnnouncers
  if (node === null || renewedAt === null || leaseMs === null || ageMs === null) return false
  return renewedAt + 2 * leaseMs >= takenAt - ageMs
}

function byLease(services: readonly Service[], ground: Ground) {
  return (lease: OtherAnnouncer): Other[] =>
    services.some((service) => isFor(lease, service, ground))
      ? [{ by: lease.by, what: 'lease', node: lease.node }]
      : []
}

/**
 * Whether a Lease is for a Service. One for all says nothing of a Service without kube-vip's mark; and `a-b/c` and
 * `a/b-c` have the same with Cilium: while both exist, it is neither's.
 */
function isFor({ by, service: told }: OtherAnnouncer, service: Service, { standings }: Ground): boolean {
  if (by === 'kube-vip') return told === null ? isKubeVips(service) : keyOf(service) === `kube-system/${told}`
  if (joined(service) !== told) return false
  const alike = [...standings.values()].filter((one) => joined(one.service) === told)
  return alike.length === 1 && alike[0]?.service === service
}

function joined({ namespace, name }: Service): string {
  return `${namespace}-${name}`
}

function isKubeVips(service: Service): boolean {
  const marks = Object.keys(service.annotations).some((key) => key.startsWith('kube-vip.io/'))
  return marks || byMarks(service).some(({ by }) => by === 'kube-vip')
}

function byMarks(service: Service): Other[] {
  const node = service.annotations[VIP_HOST]
  const [byClass, writer] = [BY_ARP.get(service.loadBalancerClass ?? ''), writerOf(service)]
  return [
    ...(node === undefined ? [] : [{ by: 'kube-vip', what: 'annotation', node } as const]),
    ...(byClass ? [{ by: byClass, what: 'class', node: null } as const] : []),
    ...(writer ? [{ by: writer, what: 'status-writer', node: null } as const] : []),
  ]
}

function writerOf({ statusWriter }: Service): Other['by'] | undefined {
  return WRITERS.find(([program]) => statusWriter?.startsWith(program))?.[1]
}

/** Addresses of nodes beside the VIP: both controllers write one status, each over the other. */
function isServiceLbs(service: Service, ips: readonly Ip[], vip: Ip, { nodes }: ClusterSnapshot): boolean {
  const byClass = CLASSES.get(service.loadBalancerClass ?? '') !== undefined
  return !byClass && ips.some((ip) => ip !== vip && isOfNode(ip, nodes))
}

function isOfNode(ip: Ip, nodes: readonly Node[]): boolean {
  return nodes.some(({ internalIps, externalIps }) => internalIps.includes(ip) || externalIps.includes(ip))
}

function isSame(a: Other, b: Other): boolean {
  return a.by === b.by && a.what === b.what && a.node === b.node
}
