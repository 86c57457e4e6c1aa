import type { CapturedFrame } from '../core/arp.ts'
import type { InterfaceAddress } from '../core/host.ts'
import type { Mac } from '../core/mac.ts'

/** A frame of a capture file. Its bytes are a view into the file's: copy what is to be kept. */
export interface FileFrame extends CapturedFrame {
  /** Place in the reader's list of interfaces. */
  readonly interface: number
}

/** An interface that a capture file tells of; only pcapng tells more than the link type. */
export interface FileInterface {
  readonly name: string | null
  /** Of tcpdump.org/linktypes.html. */
  readonly linkType: number
  readonly mac: Mac | null
  /** Its IPv4 addresses, as far as the file names them. */
  readonly addresses: readonly InterfaceAddress[]
  readonly comment: string | null
  /** Frames that were dropped while it captured; null where the file does not say. */
  drops: number | null
  /** When its capture ended; null where the file does not say. */
  endNs: bigint | null
}

/** Why a frame of the file was set aside. */
export type FileDrop =
  | 'linux-cooked' // LINUX_SLL, LINUX_SLL2 (`tcpdump -i any`): the Ethernet header is lost
  | 'not-ethernet'
  | 'unknown-interface'
  | 'bad-frame-length'
  | 'obsolete-block' // pcapng's Packet Block, superseded since 2009

/** Why a file cannot be read, or not further. */
export type FileProblem =
  | 'not-a-capture'
  | 'unsupported-version'
  | 'truncated'
  | 'bad-length'
  | 'too-many-interfaces'

/** What a format's parser fills. */
export interface Found {
  readonly frames: FileFrame[]
  readonly interfaces: FileInterface[]
  readonly ignored: Map<FileDrop, number>
  /** Takes whole Ethernet records of a pcap file out of our hands, from the start of `bytes`: how many bytes of them. */
  readonly fold?: ((bytes: Uint8Array, dialect: PcapDialect) => number) | undefined
}

/** How a pcap file words its records, told by its first four bytes. */
export interface PcapDialect {
  readonly littleEndian: boolean
  /** One unit of a stamp's second field. */
  readonly fractionNs: bigint
}

/** Reads whole records from the start of `bytes`: how many bytes they took, or what ended the reading for good. */
export type Parse = (bytes: Uint8Array, found: Found) => { consumed: number; problem?: FileProblem }

/** libpcap's own bound for one frame (MAXIMUM_SNAPLEN). */
export const MAX_FRAME_BYTES = 262_144

export const LINKTYPE_ETHERNET = 1
const LINKTYPE_LINUX_SLL = 113
const LINKTYPE_LINUX_SLL2 = 276

/** Why frames of this link type cannot be read; undefined for Ethernet. */
export function linkTypeDrop(linkType: number): FileDrop | undefined {
  if (linkType === LINKTYPE_ETHERNET) return undefined
  const cooked = linkType === LINKTYPE_LINUX_SLL || linkType === LINKTYPE_LINUX_SLL2
  return cooked ? 'linux-cooked' : 'not-ethernet'
}

/** All that a format without descriptions tells of an interface. */
export function namelessInterface(linkType: number): FileInterface {
  return { name: null, linkType, mac: null, addresses: [], comment: null, drops: null, endNs: null }
}

export function count(ignored: Map<FileDrop, number>, drop: FileDrop): void {
  ignored.set(drop, (ignored.get(drop) ?? 0) + 1)
}
