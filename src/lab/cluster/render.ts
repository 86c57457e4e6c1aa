import { inRange, parseRange } from '../../announcers/metallb/ranges.ts'
import { SECRET_KEY } from './keys.ts'
import { atLeast, compareVersions, parseVersion, type Version } from '../../announcers/metallb/version.ts'
import type { ApiObject } from '../api/kinds.ts'
import * as api from '../api/objects.ts'
import { roleWithout } from './access.ts'
import {
  annotationsOf,
  endpointsOf,
  listedNodes,
  podGatewayOf,
  serviceKey,
  type ClusterNode,
  type Moment,
} from './moment.ts'
import type { Records } from './records.ts'
import type { ServiceStory } from './shape.ts'
import { configurationObjects } from './render-config.ts'
import { speakerObjects } from './render-speakers.ts'
import { timeText } from './time.ts'
import { tokenAccount } from './token-account.ts'

/** Every object that the API holds at this moment, those that others need first. */
export function objectsOf(moment: Moment, records: Records): readonly ApiObject[] {
  const { story } = moment
  const keys = Object.keys(story.services).map(serviceKey)
  const namespaces = new Set([api.METALLB_NAMESPACE, ...keys.map(({ namespace }) => namespace)])
  return [
    ...[...namespaces].map(api.namespaceNamed),
    ...tokenAccount(),
    ...roleWithout(story.denied),
    ...listedNodes(moment).map((node) => nodeObject(node, moment)),
    ...Object.entries(story.services).flatMap(([name, told]) => serviceObjects(name, told, moment)),
    ...(story.metallb === 'none' ? [] : metallbObjects(moment, records)),
  ]
}

function nodeObject(
  { name, address, labels, podCIDR, cordoned, networkUnavailable, ready = true }: ClusterNode,
  { life }: Moment,
): ApiObject {
  const since = life.unheard.get(name)
  const object = api.node({
    name,
    ip: address,
    ...(labels && { labels }),
    ...(networkUnavailable && { networkUnavailable }),
    ready: since === undefined ? ready : null,
    ...(since !== undefined && { readySince: timeText(since) }),
  })
  return { ...object, spec: { podCIDR, podCIDRs: [podCIDR], ...(cordoned && { unschedulable: true }) } }
}

function serviceObjects(key: string, told: ServiceStory, moment: Moment): ApiObject[] {
  const { namespace, name } = serviceKey(key)
  const { ip = [], labels, ports, type = 'LoadBalancer', policy } = told
  const service = api.service({
    name,
    namespace,
    ips: ip,
    local: policy === 'Local',
    ...(ports && { ports }),
    ...(labels && { labels }),
    ...(told.class !== undefined && { loadBalancerClass: told.class }),
    annotations: {
      ...allocatedFrom(told, moment),
      ...annotationsOf(told),
    },
  })
  const pods = endpointsOf(told, moment).map(({ node, serves }) => ({
    ip: podAddress(node, moment),
    node,
    ready: serves,
  }))
  return [
    { ...service, spec: { ...(service['spec'] as object), type } },
    api.endpointSlice(name, pods, namespace),
  ]
}

/** What MetalLB's controller writes on a Service that it gave an address. */
function allocatedFrom(
  { ip = [], ...told }: ServiceStory,
  { story }: Moment,
): Readonly<Record<string, string>> {
  const [first] = ip
  const pools = told.class === undefined && story.metallb !== 'none' ? Object.entries(story.pools) : []
  const found = pools.find(([, { addresses }]) =>
    addresses.some((text) => first && inRange(parseRange(text)!, first)),
  )
  return found ? { 'metallb.io/ip-allocated-from-pool': found[0] } : {}
}

function podAddress(node: string, { nodes }: Moment): string {
  const found = nodes.find(({ name }) => name === node)
  return podGatewayOf(found?.podCIDR ?? '10.42.255.0/24').address.replace(/\d+$/, '7')
}

function metallbObjects(moment: Moment, records: Records): ApiObject[] {
  const { story } = moment
  const release = newestRelease(moment)
  const statuses = atLeast(release, [0, 14, 4]) ? [...records] : []
  return [
    ...api.metallbCrds(unknownTo(release)),
    ...speakerObjects(moment),
    ...configurationObjects(story, release),
    ...statuses.flatMap(([key, by]) => {
      const { namespace, name } = serviceKey(key)
      return by.map((node) => api.l2Status(name, node, namespace))
    }),
    ...(story.memberlist === 'sealed' ? [api.secret('memberlist', { secretkey: SECRET_KEY })] : []),
  ]
}

function newestRelease({ story, nodes }: Moment): Version {
  const told = [story.metallb, ...nodes.map(({ version }) => version)].map(parseVersion)
  const releases = told.filter((release) => release !== undefined)
  return releases.toSorted(compareVersions).at(-1)!
}

/** Kinds and fields that the CRDs of a release do not have yet. */
function unknownTo(release: Version): string[] {
  const since: readonly (readonly [string, Version])[] = [
    ['interfaces', [0, 13, 6]],
    ['ServiceL2Status', [0, 14, 4]],
    ['ConfigurationState', [0, 15, 3]],
    ['serviceSelectors', [0, 16, 0]],
    ['preferredNodeSelectors', [0, 16, 2]],
  ]
  return since.filter(([, gate]) => !atLeast(release, gate)).map(([what]) => what)
}
