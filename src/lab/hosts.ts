import { parseIp, type Ip } from '../core/ip.ts'
import { parseMac, type Mac } from '../core/mac.ts'

/** Every host's only interface, as on the NUCs of the docs. */
export const INTERFACE = 'eno1'
export const SUBNET_BITS = 24
export const GATEWAY = ip('192.168.1.1')
export const CLIENT = 'client'

/** One host of the segment: a network namespace with `eno1` on the switch. */
export interface LabHost {
  readonly name: string
  readonly address: Ip
  readonly mac: Mac
  /** Addresses that the host's kernel answers for beside its own. */
  readonly owns: readonly Ip[]
}

/** What a story may say of a host; a host that is not one of the built-in six needs an address. */
export interface HostStory {
  readonly address?: Ip | undefined
  readonly mac?: Mac | undefined
  readonly owns?: readonly Ip[] | undefined
}

const BUILT_IN: readonly LabHost[] = [
  { name: 'gateway', address: GATEWAY, mac: mac('74:ac:b9:00:00:01'), owns: [] },
  ...[1, 2, 3, 4].map((n) => ({
    name: `nuc-${n}`,
    address: ip(`192.168.1.1${n}`),
    mac: mac(`1c:69:7a:aa:0${n}:10`),
    owns: [],
  })),
  { name: CLIENT, address: ip('192.168.1.50'), mac: mac('1c:69:7a:aa:50:10'), owns: [] },
]

/** Hosts that every story has. */
export const BUILT_IN_NAMES: readonly string[] = BUILT_IN.map(({ name }) => name)

/** The gateway, four nodes and the client, with what the story says of them, and the story's own hosts. */
export function hostsOf(told: Readonly<Record<string, HostStory>>): LabHost[] {
  const known = BUILT_IN.map((host) => ({ ...host, ...definedOnly(told[host.name]) }))
  const added = Object.entries(told).filter(([name]) => !BUILT_IN.some((host) => host.name === name))
  return [...known, ...added.map(([name, story]) => addedHost(name, story))]
}

/** A host without a MAC of its own gets one that carries its address, as the nodes' do their number. */
function addedHost(name: string, story: HostStory): LabHost {
  const address = story.address!
  const last = Number(address.split('.').at(-1)).toString(16).padStart(2, '0')
  return { name, address, mac: story.mac ?? mac(`1c:69:7a:ab:00:${last}`), owns: story.owns ?? [] }
}

function definedOnly(story: HostStory = {}): Partial<LabHost> {
  return Object.fromEntries(Object.entries(story).filter(([, value]) => value !== undefined))
}

function ip(text: string): Ip {
  return parseIp(text)!
}

function mac(text: string): Mac {
  return parseMac(text)!
}
