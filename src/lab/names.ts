import type * as z from 'zod'
import { parseMac } from '../core/mac.ts'
import { merged } from './api/write.ts'
import { mistakesOf } from './cluster/check.ts'
import { nodeNames } from './cluster/moment.ts'
import { clusterShape, type ClusterStory } from './cluster/shape.ts'
import type { Condition } from './exposition.ts'
import { needsCluster, needsSpeaker, type Fault } from './faults.ts'
import { BUILT_IN_NAMES } from './hosts.ts'
import type { Act, Expectation, Story } from './shape.ts'
import { meant } from './words.ts'

type Path = readonly (string | number)[]
type Refuse = (message: string, ...path: Path) => void

/** Who there is, for whoever names somebody. */
interface Cast {
  readonly hosts: Story['hosts']
  readonly names: readonly string[]
  /** As it is when the step begins. */
  readonly cluster: ClusterStory | undefined
}

/** Every name must be one of the segment's hosts, or of the cluster as it is by then. */
export function checkNames({ hosts, cluster, steps }: Story, context: z.RefinementCtx): void {
  const refuse: Refuse = (message, ...path) => context.addIssue({ code: 'custom', path: [...path], message })
  const names = [...new Set([...BUILT_IN_NAMES, ...Object.keys(hosts)])]
  for (const [name, host] of Object.entries(hosts)) checkHost(name, host, cluster, refuse)
  if (cluster) checkCluster(cluster, names, (message, ...path) => refuse(message, 'cluster', ...path))
  let now = cluster
  for (const { act, path } of actsOf(steps)) {
    const refuseAct: Refuse = (message, ...more) => refuse(message, ...path, ...more)
    now = clusterAfter(act, { hosts, names, cluster: now }, refuseAct)
    checkAct(act, { hosts, names, cluster: now }, refuseAct)
  }
}

/** In the order in which they happen; what happens meanwhile comes behind its step. */
function actsOf(steps: Story['steps']): { act: Act; path: Path }[] {
  return steps.flatMap((one, i) => [
    { act: one, path: ['steps', i] },
    ...(one.while ?? []).map((act, j) => ({ act, path: ['steps', i, 'while', j] })),
  ])
}

function checkHost(
  name: string,
  { address, speaker }: Story['hosts'][string],
  cluster: unknown,
  refuse: Refuse,
): void {
  if (!BUILT_IN_NAMES.includes(name) && !address) refuse('a host of your own needs an address', 'hosts', name)
  if (speaker && !speaker.announces && !cluster)
    refuse('without a cluster it needs "announces"', 'hosts', name, 'speaker')
}

function checkCluster(cluster: ClusterStory, names: readonly string[], refuse: Refuse): void {
  for (const { message, path } of mistakesOf(cluster, names)) refuse(message, ...path)
}

/** The cluster with the step's change laid over it; where that is a mistake, as it was. */
function clusterAfter(
  { cluster: patch }: Act,
  { names, cluster }: Cast,
  refuse: Refuse,
): ClusterStory | undefined {
  const refuseChange: Refuse = (message, ...path) => refuse(message, 'cluster', ...path)
  if (!patch) return cluster
  if (!cluster) refuse('the story has no cluster', 'cluster')
  const read = clusterShape.safeParse(merged(cluster ?? {}, patch))
  if (!read.success) {
    for (const { message, path } of read.error.issues) refuseChange(message, ...(path as Path))
    return cluster
  }
  if (cluster?.metallb === 'none' && read.data.metallb !== 'none')
    refuseChange('MetalLB cannot be installed later: no speakers were started', 'metallb')
  checkCluster(read.data, names, refuseChange)
  return read.data
}

function checkAct({ fault, on, later, until, expect }: Act, cast: Cast, refuse: Refuse): void {
  const { names, cluster } = cast
  if (fault) checkFault(fault, cast, refuse)
  if (later !== undefined && !cluster) refuse('only a cluster has a time of its own', 'later')
  if (until && 'metric' in until) checkCondition(until, cast, refuse)
  if (on && !names.includes(on)) refuse(strange(on, names), 'on')
  if (expect) checkExpectation(expect, names, refuse)
}

function checkCondition({ who }: Condition, { names, cluster }: Cast, refuse: Refuse): void {
  if (!cluster || cluster.daemons === false) refuse('the story has no daemons', 'until')
  if (who !== 'any' && who !== 'every' && !names.includes(who)) refuse(strange(who, names), 'until')
}

function checkFault({ verb, host }: Fault, { hosts, names, cluster }: Cast, refuse: Refuse): void {
  if (host !== null && !names.includes(host)) return refuse(strange(host, names), 'fault')
  if (needsCluster(verb) && !cluster) return refuse('the story has no cluster', 'fault')
  if (host === null) return
  const nodes = cluster && cluster.metallb !== 'none' ? nodeNames(cluster, names) : []
  const hasSpeaker = hosts[host]?.speaker !== undefined || nodes.includes(host)
  if (needsSpeaker(verb) && !hasSpeaker) refuse(`${host} has no speaker`, 'fault')
}

function checkExpectation({ vips }: Expectation, names: readonly string[], refuse: Refuse): void {
  for (const [vip, { answered = [], elected = [], recorded = [], claimed = [] }] of Object.entries(vips)) {
    const check = (who: readonly string[], key: string) => {
      const unknown = who.find((one) => !parseMac(one) && !names.includes(one))
      if (unknown) refuse(strange(unknown, names), 'expect', 'vips', vip, key)
    }
    check(answered, 'answered')
    check(elected, 'elected')
    check(recorded, 'recorded')
    check(claimed, 'claimed')
  }
}

function strange(name: string, names: readonly string[]): string {
  return `there is no host ${JSON.stringify(name)}${meant(name, names)}`
}
