import type { Ip } from '../core/ip.ts'
import { INTERFACE } from './hosts.ts'
import { addressLine, ip, portOf } from './segment.ts'

/** One thing that happens to one host. */
export interface Fault {
  readonly verb: FaultVerb
  readonly host: string
  /** Set where the verb needs one. */
  readonly address: Ip | null
}

const ON_HOST = {
  // The host is gone at once and says nothing more; its neighbours keep what they remember of it.
  'power-off': (host: string) => ip([`link del ${portOf(host)}`]),
  // The cable is out: the host lives on and sees that its carrier is gone.
  unplug: (host: string) => ip([`link set ${portOf(host)} down`]),
  plug: (host: string) => ip([`link set ${portOf(host)} up`]),
  // The switch port is on a segment of its own: the link is up, and nobody is there.
  isolate: (host: string) => ip([`link set ${portOf(host)} nomaster`]),
  'interface-down': (host: string) => ip([`link set ${INTERFACE} down`], host),
  'interface-up': (host: string) => ip([`link set ${INTERFACE} up`], host),
}

const ON_ADDRESS = {
  claim: (host: string, address: Ip) => ip([addressLine('add', address)], host),
  release: (host: string, address: Ip) => ip([addressLine('del', address)], host),
}

type AddressVerb = keyof typeof ON_ADDRESS
export type FaultVerb = keyof typeof ON_HOST | AddressVerb

export const FAULT_VERBS = Object.keys({ ...ON_HOST, ...ON_ADDRESS }) as readonly FaultVerb[]

export function isFaultVerb(word: string): word is FaultVerb {
  return FAULT_VERBS.some((verb) => verb === word)
}

export function needsAddress(verb: FaultVerb): verb is AddressVerb {
  return verb in ON_ADDRESS
}

/** Does to the segment what the story says. */
export async function injectFault({ verb, host, address }: Fault): Promise<void> {
  await (needsAddress(verb) ? ON_ADDRESS[verb](host, address!) : ON_HOST[verb](host))
}
