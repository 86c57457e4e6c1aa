import {
  differsInAgesAlone,
  type ClusterSnapshot,
  type Endpoint,
  type InputName,
  type Node,
  type Service,
} from '../../core/cluster.ts'
import { configurationOf, type Configuration } from './configuration.ts'
import { endpointsByService } from './endpoints.ts'
import { configurationProblem } from './refused.ts'
import { allRules, rulesOf, type Rules } from './rules.ts'
import { standingOf, type Standing } from './standing.ts'

/** A snapshot made ready for many elections: parsed once, looked up often. */
export interface Ground {
  readonly cluster: ClusterSnapshot
  readonly configuration: Configuration
  /** Why MetalLB refuses its resources as they stand: then the speakers run on older ones. */
  readonly refused: string | undefined
  readonly nodes: ReadonlyMap<string, Node>
  readonly names: ReadonlySet<string>
  /** Null when EndpointSlices could not be read: nobody knows then which Service is served. */
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]> | null
  /** The rules of the speakers: one, unless a roll-out mixes versions or a version is not certain. */
  readonly rules: readonly Rules[]
  /** Image of a speaker below v0.13.0, whose configuration is a ConfigMap that is not read here. */
  readonly tooOld: string | undefined
  /** Services of type LoadBalancer by `namespace/name`; MetalLB withdraws all others (`notLoadBalancer`). */
  readonly standings: ReadonlyMap<string, Standing>
  /** Whether an empty list of this input means that there is none. */
  readonly knows: (input: InputName) => boolean
}

const known = new WeakMap<ClusterSnapshot, Ground>()
/** By their Services: a daemon takes a snapshot each minute, and nearly always only the ages differ. */
const latest = new WeakMap<ClusterSnapshot['services'], Ground>()

/** The ground of a snapshot; made once, since a snapshot never changes. */
export function groundOf(cluster: ClusterSnapshot): Ground {
  const made = known.get(cluster)
  if (made) return made
  const before = latest.get(cluster.services)
  const ground =
    before && differsInAgesAlone(before.cluster, cluster)
      ? { ...before, cluster, knows: (input: InputName) => isKnown(cluster, input) }
      : makeGround(cluster)
  known.set(cluster, ground)
  latest.set(cluster.services, ground)
  return ground
}

export function keyOf({ namespace, name }: Service): string {
  return `${namespace}/${name}`
}

function makeGround(cluster: ClusterSnapshot): Ground {
  const configuration = configurationOf(cluster)
  const speakers = [...cluster.speakerPods, ...cluster.speakerDaemonSets]
  const balancers = cluster.services.filter(({ type }) => type === 'LoadBalancer')
  return {
    cluster,
    configuration,
    refused: configurationProblem(cluster),
    nodes: new Map(cluster.nodes.map((node) => [node.name, node])),
    names: new Set(cluster.nodes.map(({ name }) => name)),
    endpoints:
      cluster.inputs.endpointSlices.readable === 'yes' ? endpointsByService(cluster.endpointSlices) : null,
    rules: allRules(cluster),
    tooOld: speakers.find((speaker) => rulesOf(speaker, cluster).length === 0)?.image,
    standings: new Map(balancers.map((service) => [keyOf(service), standingOf(service, configuration)])),
    knows: (input) => isKnown(cluster, input),
  }
}

/** A resource type that does not exist has no objects, for certain. */
function isKnown({ inputs }: ClusterSnapshot, input: InputName): boolean {
  const { readable } = inputs[input]
  return readable === 'yes' || readable === 'absent'
}
