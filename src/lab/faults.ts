import type { Ip } from '../core/ip.ts'
import { INTERFACE, type LabHost } from './hosts.ts'
import { addressLine, ip, portOf } from './segment.ts'
import type { Speaker } from './speakers.ts'

/** One thing that happens, to one host mostly. */
export interface Fault {
  readonly verb: FaultVerb
  /** Null where it happens to all speakers. */
  readonly host: string | null
  /** Set where the verb needs one. */
  readonly address: Ip | null
}

/** The host that something happens to, and what answers there. */
export interface Victim {
  readonly host: LabHost
  readonly speaker: Speaker | undefined
}

const ON_HOST = {
  // The host is gone at once and says nothing more; its neighbours keep what they remember of it.
  'power-off': async ({ host, speaker }: Victim) => {
    await Promise.all([onPorts(host, (port) => `link del ${port}`), speaker?.kill()])
  },
  // The cable is out: the host lives on and sees that its carrier is gone.
  unplug: ({ host }: Victim) => onPorts(host, (port) => `link set ${port} down`),
  plug: ({ host }: Victim) => onPorts(host, (port) => `link set ${port} up`),
  // The switch port is on a segment of its own: the link is up, and nobody is there.
  isolate: ({ host }: Victim) => onPorts(host, (port) => `link set ${port} nomaster`),
  'interface-down': ({ host }: Victim) => ip([`link set ${INTERFACE} down`], host.name),
  'interface-up': ({ host }: Victim) => ip([`link set ${INTERFACE} up`], host.name),
}

const ON_ADDRESS = {
  claim: ({ host }: Victim, address: Ip) => ip([addressLine('add', host, address)], host.name),
  release: ({ host }: Victim, address: Ip) => ip([addressLine('del', host, address)], host.name),
}

const ON_SPEAKER = {
  mute: ({ speaker }: Victim) => speaker!.change({ muted: true }),
  unmute: ({ speaker }: Victim) => speaker!.change({ muted: false }),
  // What it sends is lost on the way; and no request reaches it, though its host hears.
  gag: ({ speaker }: Victim) => speaker!.change({ gagged: true }),
  ungag: ({ speaker }: Victim) => speaker!.change({ gagged: false }),
  deafen: ({ speaker }: Victim) => speaker!.change({ deaf: 'all' }),
  undeafen: ({ speaker }: Victim) => speaker!.change({ deaf: undefined }),
}

// What becomes of it is the cluster's: a live speaker starts again there, without a memory.
const ON_POD = { 'delete-pod': async () => {} }
// `kubectl rollout restart`, all at once.
const ON_PODS = { 'delete-pods': async () => {} }

const ON_SPEAKERS_ADDRESS = {
  // With MetalLB's gratuitous bursts; its withdrawal is silent.
  announce: ({ speaker }: Victim, address: Ip) =>
    speaker!.change({ announces: [...speaker!.state.announces, address] }),
  withdraw: ({ speaker }: Victim, address: Ip) =>
    speaker!.change({ announces: speaker!.state.announces.filter((announced) => announced !== address) }),
}

const WITH_ADDRESS = { ...ON_ADDRESS, ...ON_SPEAKERS_ADDRESS }
const WITHOUT_ADDRESS = { ...ON_HOST, ...ON_SPEAKER, ...ON_POD }
type HostVerb = keyof typeof WITH_ADDRESS | keyof typeof WITHOUT_ADDRESS
const WITH_SPEAKER = { ...ON_SPEAKER, ...ON_POD, ...ON_SPEAKERS_ADDRESS }

export type FaultVerb = HostVerb | keyof typeof ON_PODS

export const FAULT_VERBS = Object.keys({
  ...WITHOUT_ADDRESS,
  ...ON_PODS,
  ...WITH_ADDRESS,
}) as readonly FaultVerb[]

export function isFaultVerb(word: string): word is FaultVerb {
  return FAULT_VERBS.some((verb) => verb === word)
}

export function needsAddress(verb: FaultVerb): verb is keyof typeof WITH_ADDRESS {
  return verb in WITH_ADDRESS
}

export function needsHost(verb: FaultVerb): verb is HostVerb {
  return !(verb in ON_PODS)
}

/** Whether it happens to something that only a cluster has. */
export function needsCluster(verb: FaultVerb): boolean {
  return verb in ON_POD || verb in ON_PODS
}

export function needsSpeaker(verb: FaultVerb): boolean {
  return verb in WITH_SPEAKER
}

/** Does to the host what the story says; it has taken effect when this resolves. */
export async function injectFault({ verb, address }: Fault, victim: Victim): Promise<void> {
  if (!needsHost(verb)) return
  await (needsAddress(verb) ? WITH_ADDRESS[verb](victim, address!) : WITHOUT_ADDRESS[verb](victim))
}

function onPorts(host: LabHost, line: (port: string) => string): Promise<void> {
  return ip(host.nics.map((nic) => line(portOf(host.name, nic.name))))
}
