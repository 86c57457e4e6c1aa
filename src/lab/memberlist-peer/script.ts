import type { Ip } from '../../core/ip.ts'
import type { PeerMember } from './frame.ts'

/**
 * How a peer of the lab behaves on streams. All but the first are faults or attacks; `refused` does not listen at all.
 */
export const CONDUCTS = [
  'honest',
  'refused',
  'silent', // accepts, reads, says nothing: a stopped process
  'closing', // closes without a byte
  'resetting', // resets in the middle of its answer
  'slow-drip', // a right answer, one byte at a time
  'endless', // members without end, each of them valid
  'endless-bytes', // one name that is longer than all that may be read
  'four-gib', // a sealed frame of 0xffffffff bytes
  'sealed-noise', // a sealed frame as long as any may be, that no key opens
  'widest', // as much as may be read, compressed, that expands to as much as may be
  'bomb', // a compressed answer that expands a thousandfold and more
  'negative-count', // -1 members
  'huge-count', // more members than bytes
  'garbage', // an HTTP error page
] as const
export type Conduct = (typeof CONDUCTS)[number]

/** What one peer says; it may change while it runs. */
export interface PeerScript {
  /** Its own member name. */
  readonly name: string
  /** Its view, itself included. */
  readonly members: readonly PeerMember[]
  readonly conduct: Conduct
  /** The key that it seals with; null: it seals nothing. */
  readonly key: Uint8Array | null
  readonly label: string
  /** With a key: whether what comes must be sealed, and whether what goes is (GossipVerifyIncoming, -Outgoing). */
  readonly verifyIncoming: boolean
  readonly verifyOutgoing: boolean
  /** Whether packets are answered, or dropped as by a firewall that knows TCP alone. */
  readonly packets: 'answered' | 'dropped'
  /** Gossip that rides on the answers to packets. */
  readonly gossip: readonly PeerMember[]
  /** Whether an indirect ping to this address comes back. */
  readonly reaches: (target: Ip) => boolean
  /** After which it says that it did not; memberlist's probe timeout. */
  readonly probeTimeoutMs: number
}

/** A healthy speaker, without a key. */
export function healthyPeer(name: string, members: readonly PeerMember[]): PeerScript {
  return {
    name,
    members,
    conduct: 'honest',
    key: null,
    label: '',
    verifyIncoming: true,
    verifyOutgoing: true,
    packets: 'answered',
    gossip: [],
    reaches: () => true,
    probeTimeoutMs: 500,
  }
}

/** The key that a script's answers are sealed with; null: they go in the clear. */
export function answerKey({ key, verifyOutgoing }: PeerScript): Uint8Array | null {
  return verifyOutgoing ? key : null
}
