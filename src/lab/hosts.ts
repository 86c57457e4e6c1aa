import { parseIp, type Ip } from '../core/ip.ts'
import { parseMac, type Mac } from '../core/mac.ts'
import type { SpeakerState } from './speaker.ts'

/** Every host's first interface, as on the NUCs of the docs. */
export const INTERFACE = 'eno1'
/** A host's bridge, where it has one: `eno1` is a port of it then, and the address is the bridge's. */
export const BRIDGE = 'br0'
export const SUBNET_BITS = 24
export const GATEWAY = ip('192.168.1.1')
export const CLIENT = 'client'

export interface Nic {
  readonly name: string
  readonly mac: Mac
}

/** One host of the segment: a network namespace with one or more cables to the switch. */
export interface LabHost {
  readonly name: string
  readonly address: Ip
  /** `eno1` first. */
  readonly nics: readonly Nic[]
  /** MAC of `br0`, which has `eno1` as its port; null for a host without a bridge. */
  readonly bridge: Mac | null
  /** Addresses and networks that the host's kernel answers for beside its own address. */
  readonly owns: readonly string[]
  /** Networks that the host's kernel answers for as a proxy (proxy_arp). */
  readonly proxies: readonly string[]
  /** What its neighbour table holds, and never lets go of. */
  readonly neighbours: Readonly<Record<Ip, Mac>>
  /** The kernel's arp_ignore; 1 and 2 stop answers for addresses of other interfaces. */
  readonly arpIgnore: number
  /** What answers there as MetalLB would; null for nobody. */
  readonly speaker: SpeakerState | null
  /** The speaker announces what it is elected for, and not what the story says. */
  readonly follows: boolean
  /** Where a node of a cluster has its pods: the address of its bridge `cni0`. */
  readonly podGateway: { readonly address: Ip; readonly bits: number } | null
}

/** What a story may say of a host; one that is not built in needs an address. */
export interface HostStory {
  readonly address?: Ip | undefined
  readonly mac?: Mac | undefined
  /** Further NICs on the same switch, without an address. */
  readonly nics?: Readonly<Record<string, { readonly mac?: Mac | undefined }>> | undefined
  readonly bridge?: Mac | undefined
  readonly owns?: readonly string[] | undefined
  readonly proxies?: readonly string[] | undefined
  readonly neighbours?: Readonly<Record<Ip, Mac>> | undefined
  readonly arpIgnore?: number | undefined
  /** Without `announces` it follows the election of the story's cluster. */
  readonly speaker?:
    | (Omit<SpeakerState, 'announces'> & { readonly announces?: readonly Ip[] | undefined })
    | undefined
}

const BUILT_IN: Readonly<Record<string, readonly [address: string, mac: string]>> = {
  gateway: [GATEWAY, '74:ac:b9:00:00:01'],
  'nuc-1': ['192.168.1.11', '1c:69:7a:aa:01:10'],
  'nuc-2': ['192.168.1.12', '1c:69:7a:aa:02:10'],
  'nuc-3': ['192.168.1.13', '1c:69:7a:aa:03:10'],
  'nuc-4': ['192.168.1.14', '1c:69:7a:aa:04:10'],
  [CLIENT]: ['192.168.1.50', '1c:69:7a:aa:50:10'],
}

/** Hosts that every story has. */
export const BUILT_IN_NAMES: readonly string[] = Object.keys(BUILT_IN)

/** The gateway, four nodes and the client, with what the story says of them, and the story's own hosts. */
export function hostsOf(told: Readonly<Record<string, HostStory>>): LabHost[] {
  const names = [...new Set([...BUILT_IN_NAMES, ...Object.keys(told)])]
  return names.map((name) => hostOf(name, told[name] ?? {}))
}

function hostOf(name: string, story: HostStory): LabHost {
  const [builtInAddress, builtInMac] = BUILT_IN[name] ?? []
  const address = story.address ?? ip(builtInAddress!)
  const first = story.mac ?? mac(builtInMac ?? macFor(address))
  const others = Object.entries(story.nics ?? {})
  return {
    name,
    address,
    nics: [
      { name: INTERFACE, mac: first },
      ...others.map(([nic, of], i) => ({ name: nic, mac: of.mac ?? nextMac(first, i + 1) })),
    ],
    bridge: story.bridge ?? null,
    owns: story.owns ?? [],
    proxies: story.proxies ?? [],
    neighbours: story.neighbours ?? {},
    arpIgnore: story.arpIgnore ?? 0,
    speaker: story.speaker ? { ...story.speaker, announces: story.speaker.announces ?? [] } : null,
    follows: story.speaker?.announces === undefined,
    podGateway: null,
  }
}

/** Where the host's address is, and where its speaker listens: a bridge port has neither (MetalLB skips it). */
export function linksOf({ nics, bridge }: LabHost): Nic[] {
  return bridge === null ? [...nics] : [{ name: BRIDGE, mac: bridge }, ...nics.slice(1)]
}

/** Every MAC of a host, for telling whose an answer was. */
export function macsOf(host: LabHost): Mac[] {
  const { speaker, nics, bridge } = host
  return [
    ...nics.map((nic) => nic.mac),
    ...[bridge, speaker?.mac].filter((one) => one !== null && one !== undefined),
  ]
}

/** A MAC that carries the host's address, as the nodes' carry their number. */
function macFor(address: Ip): string {
  return `1c:69:7a:ab:00:${byteText(Number(address.split('.').at(-1)))}`
}

/** 1c:69:7a:aa:01:10 → 1c:69:7a:aa:01:20 for the second NIC. */
function nextMac(first: Mac, n: number): Mac {
  return `${first.slice(0, -2)}${byteText((Number.parseInt(first.slice(-2), 16) + n * 0x10) & 0xff)}` as Mac
}

function byteText(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

function ip(text: string): Ip {
  return parseIp(text)!
}

function mac(text: string): Mac {
  return parseMac(text)!
}
