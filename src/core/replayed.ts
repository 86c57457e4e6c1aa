import { decodeArp, type ArpFrame, type CapturedFrame } from './arp.ts'
import type { Asker } from './asker.ts'
import type { HostFacts, InterfaceAddress, Link } from './host.ts'
import type { Ip } from './ip.ts'
import { BROADCAST_MAC, type Mac } from './mac.ts'
import type { HostNote } from './note.ts'

/** Where a capture was made, as well as it is known. */
export interface Place {
  readonly hostname: string
  readonly interface: string
  /** The interface's own, where the file names them. */
  readonly addresses: readonly InterfaceAddress[]
  /** What the host said of itself; null where it did not, or where another host than the one that captured is meant. */
  readonly note: HostNote | null
}

/**
 * The host that a capture speaks for: whoever asks in it, with one interface that reaches all. Where the host says
 * nothing of itself, an address beside the targets that it asked for and was answered stands for the gateway: it proves
 * that the capture hears.
 */
export function hostInCapture(
  frames: readonly CapturedFrame[],
  asker: Asker,
  targets: ReadonlySet<Ip>,
  place: Place,
): HostFacts {
  const { note } = place
  const heard = answeredBesides(frames, asker.mac, targets)
  const gateways = note?.gateways ?? (heard === undefined ? [] : [heard])
  return {
    hostname: note?.node ?? place.hostname,
    links: [linkOf(asker, place), ...(note ? elsewhere(note) : [])],
    gateways: gateways.map((ip) => ({ ip, interface: place.interface })),
    neighbours: [],
    arpListeners: (note?.listeners ?? []).map((process) => ({ interface: null, inode: 0, process })),
    ignored: {},
  }
}

function linkOf({ mac, ip }: Asker, { interface: name, addresses }: Place): Link {
  const own = ip === null ? [] : [{ ip, bits: 0 }]
  return { ...A_LINK, name, mac, addresses: addresses.length > 0 ? addresses : own }
}

/** The host's other MACs and addresses: nothing was asked from there. */
function elsewhere({ macs, own }: HostNote): Link[] {
  const addresses = own.map((ip) => ({ ip, bits: 32 }))
  return [
    ...macs.map((mac, i) => ({ ...A_LINK, index: i + 2, name: `link ${i + 2}`, mac, up: false })),
    { ...A_LINK, index: macs.length + 2, name: 'lo', ethernet: false, loopback: true, addresses },
  ]
}

const A_LINK: Link = {
  index: 1,
  name: '',
  mac: null,
  ethernet: true,
  loopback: false,
  up: true,
  carrier: true,
  arp: true,
  kind: null,
  master: null,
  lower: null,
  vlanId: null,
  wireless: false,
  mtu: 1500,
  addresses: [],
}

function answeredBesides(
  frames: readonly CapturedFrame[],
  asker: Mac,
  targets: ReadonlySet<Ip>,
): Ip | undefined {
  const arps = arpsIn(frames)
  const asked = new Set(
    arps.filter((arp) => isQuestionOf(arp, asker) && !targets.has(arp.tpa)).map(({ tpa }) => tpa),
  )
  return arps.find((arp) => isReplyTo(arp, asker) && asked.has(arp.spa))?.spa
}

function arpsIn(frames: readonly CapturedFrame[]): ArpFrame[] {
  return frames.map(({ bytes }) => decodeArp(bytes)).filter((arp): arp is ArpFrame => typeof arp !== 'string')
}

function isReplyTo({ op, ethDst }: ArpFrame, asker: Mac): boolean {
  return op === 'reply' && ethDst === asker
}

function isQuestionOf(arp: ArpFrame, asker: Mac): boolean {
  return arp.op === 'who-has' && arp.sha === asker && arp.ethDst === BROADCAST_MAC
}

/** Ends are told by another clock than the stamps of frames. */
const CLOCKS_NS = 20_000_000n

/**
 * Targets that the capture ended too early for: not answered, and no question for them was listened to for the whole
 * time. Silence until then proves nothing.
 */
export function cutShort(
  frames: readonly CapturedFrame[],
  { mac, firstAskedNs }: Asker,
  { endNs, timeoutNs }: { endNs: bigint | null; timeoutNs: bigint },
): Ip[] {
  if (endNs === null) return []
  const late = [...firstAskedNs].filter(([, atNs]) => atNs !== null && atNs + timeoutNs > endNs + CLOCKS_NS)
  const answered = new Set(arpsIn(frames).flatMap((arp) => (isReplyTo(arp, mac) ? [arp.spa] : [])))
  return late.map(([ip]) => ip).filter((ip) => !answered.has(ip))
}
