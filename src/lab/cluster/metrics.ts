import { PLAIN_PORT, TLS_PORT } from '../../announcers/metallb/metrics.ts'
import type { Ip } from '../../core/ip.ts'
import type { Guard, MetricsTold } from '../metrics/told.ts'
import type { Announcing } from './elect.ts'
import { servesByTls, serviceKey, type ClusterNode, type Moment } from './moment.ts'

/** What a speaker's metrics say; null where nobody serves any, or nothing is there yet to guard them. */
export function metricsTold(
  speaker: ClusterNode,
  announcing: Announcing,
  moment: Moment,
  guard: Guard | null,
): MetricsTold | null {
  const { name, address, version, pod, metrics, config } = speaker
  // A proxy beside an older speaker guards as newer ones do themselves.
  const isGuarded = servesByTls(version) || metrics === 'proxied'
  if (pod === 'absent' || (isGuarded && !guard)) return null
  return {
    node: name,
    address,
    port: isGuarded ? TLS_PORT : PLAIN_PORT,
    guard: isGuarded ? guard : null,
    conduct: metrics === undefined || metrics === 'proxied' ? 'honest' : metrics,
    services: servicesByAddress(announcing, moment),
    failed: announcing.failed,
    config: config ?? 'loaded',
    start: moment.life.deleted.get(name) ?? 0,
  }
}

/** Of Services that share an address those that this speaker announces; all of them where a story made it announce. */
function servicesByAddress(
  { services }: Announcing,
  { story }: Moment,
): Readonly<Record<Ip, readonly string[]>> {
  const by: Record<string, string[]> = {}
  const keys = Object.keys(story.services).map((told) => ({ told, key: keyOf(told) }))
  for (const { told, key } of keys) for (const ip of story.services[told]!.ip ?? []) (by[ip] ??= []).push(key)
  const own = Object.entries(by).map(([ip, all]) => {
    const announced = all.filter((key) => services.includes(key))
    return [ip, announced.length > 0 ? announced : all] as const
  })
  return Object.fromEntries(own)
}

function keyOf(told: string): string {
  const { namespace, name } = serviceKey(told)
  return `${namespace}/${name}`
}
