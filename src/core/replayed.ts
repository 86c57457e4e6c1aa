import { decodeArp, type ArpFrame, type CapturedFrame } from './arp.ts'
import type { Asker } from './asker.ts'
import type { HostFacts, Link } from './host.ts'
import type { Ip } from './ip.ts'
import { BROADCAST_MAC, type Mac } from './mac.ts'

/** Where a capture was made, as well as it is known. */
export interface Place {
  readonly hostname: string
  readonly interface: string
}

/**
 * The host that a capture speaks for: whoever asks in it, with one interface that reaches all. An address beside the
 * targets that it asked for and was answered stands for the gateway: it proves that the capture hears.
 */
export function hostInCapture(
  frames: readonly CapturedFrame[],
  asker: Asker,
  targets: ReadonlySet<Ip>,
  place: Place,
): HostFacts {
  const heard = answeredBesides(frames, asker.mac, targets)
  return {
    hostname: place.hostname,
    links: [linkOf(asker, place)],
    gateways: heard === undefined ? [] : [{ ip: heard, interface: place.interface }],
    neighbours: [],
    arpListeners: [],
    ignored: {},
  }
}

function linkOf({ mac, ip }: Asker, { interface: name }: Place): Link {
  return {
    index: 1,
    name,
    mac,
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
    addresses: ip === null ? [] : [{ ip, bits: 0 }],
  }
}

function answeredBesides(
  frames: readonly CapturedFrame[],
  asker: Mac,
  targets: ReadonlySet<Ip>,
): Ip | undefined {
  const arps = frames
    .map(({ bytes }) => decodeArp(bytes))
    .filter((arp): arp is ArpFrame => typeof arp !== 'string')
  const asked = new Set(
    arps.filter((arp) => isQuestionOf(arp, asker) && !targets.has(arp.tpa)).map(({ tpa }) => tpa),
  )
  return arps.find((arp) => arp.op === 'reply' && arp.ethDst === asker && asked.has(arp.spa))?.spa
}

function isQuestionOf(arp: ArpFrame, asker: Mac): boolean {
  return arp.op === 'who-has' && arp.sha === asker && arp.ethDst === BROADCAST_MAC
}
