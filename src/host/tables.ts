import { ArpcheckError, messageOf } from '../errors.ts'
import {
  dumpRequest,
  GET_ADDRESSES,
  GET_LINKS,
  GET_NEIGHBOURS,
  GET_ROUTES,
  NEW_ADDRESS,
  NEW_LINK,
  NEW_NEIGHBOUR,
  NEW_ROUTE,
  readDump,
  type NetlinkDrop,
  type NetlinkMessage,
  type Question,
} from './netlink.ts'
import {
  decodeAddress,
  decodeGateways,
  decodeLink,
  decodeNeighbour,
  type AddressRecord,
  type GatewayRecord,
  type LinkRecord,
  type NeighbourRecord,
} from './rtnetlink.ts'

/** One rtnetlink dump request in, all datagrams of the answer out; throws where the kernel refuses. */
export type NetlinkDump = (request: Uint8Array) => Uint8Array

/** The kernel's tables, links still by index. */
export interface HostTables {
  readonly links: readonly LinkRecord[]
  readonly addresses: readonly AddressRecord[]
  readonly gateways: readonly GatewayRecord[]
  readonly neighbours: readonly NeighbourRecord[]
  /** Messages set aside, by reason. */
  readonly drops: ReadonlyMap<string, number>
}

/** How often a table is asked for that changes while it is read. */
const DUMP_TRIES = 5

/** Reads the four tables, one after the other. Throws an ArpcheckError `host-unreadable`. */
export function readTables(netlinkDump: NetlinkDump): HostTables {
  const drops = new Map<string, number>()
  function read<T extends object>(question: Question, type: number, decode: Decoder<T>): T[] {
    const messages = dump(netlinkDump, question).filter((message) => message.type === type)
    return messages.flatMap((message) => kept(decode(message.body), drops))
  }
  return {
    links: read(GET_LINKS, NEW_LINK, decodeLink),
    addresses: read(GET_ADDRESSES, NEW_ADDRESS, decodeAddress),
    gateways: read(GET_ROUTES, NEW_ROUTE, decodeGateways).flat(),
    neighbours: read(GET_NEIGHBOURS, NEW_NEIGHBOUR, decodeNeighbour),
    drops,
  }
}

type Decoder<T> = (body: DataView) => T | null | NetlinkDrop

function kept<T extends object>(decoded: T | null | NetlinkDrop, drops: Map<string, number>): T[] {
  if (typeof decoded === 'string') drops.set(decoded, (drops.get(decoded) ?? 0) + 1)
  return decoded === null || typeof decoded === 'string' ? [] : [decoded]
}

/** One whole table; asked for again while it changes under the reading. */
function dump(netlinkDump: NetlinkDump, question: Question): readonly NetlinkMessage[] {
  for (let tries = 0; tries < DUMP_TRIES; tries++) {
    const answer = readDump(ask(netlinkDump, question))
    if (answer.kind === 'complete') return answer.messages
    if (answer.kind === 'refused') throw unreadable(`the kernel refused (errno ${answer.errno})`)
    if (answer.kind === 'broken') throw unreadable(`the kernel's answer is damaged (${answer.reason})`)
  }
  throw unreadable(`they changed during each of ${DUMP_TRIES} readings`)
}

function ask(netlinkDump: NetlinkDump, question: Question): Uint8Array {
  try {
    return netlinkDump(dumpRequest(question))
  } catch (error) {
    throw unreadable(messageOf(error), error)
  }
}

/** Also for what else of this host cannot be read. */
export function unreadable(why: string, cause?: unknown): ArpcheckError {
  const message = `The links, routes and sockets of this host cannot be read: ${why}.`
  return new ArpcheckError('host-unreadable', message, {
    remedy: [
      'If a sandbox or seccomp profile confines this process, let it open AF_NETLINK sockets and read /proc/net.',
    ],
    cause,
  })
}
