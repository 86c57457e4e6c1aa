import type { NicRecord, Node } from './cluster.ts'
import type { Ip } from './ip.ts'
import type { Mac } from './mac.ts'

/** Which node a MAC belongs to, and which MACs provably belong to none. One node may own several. */
export interface MacMap {
  readonly nodeOf: ReadonlyMap<Mac, string>
  readonly foreign: ReadonlySet<Mac>
}

export const NO_MACS: MacMap = { nodeOf: new Map(), foreign: new Set() }

/** Kubernetes publishes no MACs: what the map is made of, the surest first. */
export interface MacSources {
  readonly nodes: readonly Node[]
  /** Those whose own address was asked for, where that is known: nobody answered for another. */
  readonly bearing?: readonly Node[]
  readonly records: readonly NicRecord[]
  /** This host's node, where it is one, and all its MACs. */
  readonly own: { readonly node: string | null; readonly macs: ReadonlySet<Mac> }
  /** The cluster's VIPs: an address of a node may be one by mistake. */
  readonly vips: { has(ip: Ip): boolean }
  /** Addresses that were asked for on this vantage. */
  readonly asked: ReadonlySet<Ip>
  /** Who answered a broadcast for a node's own address. */
  readonly answerers: (ip: Ip) => readonly Mac[]
  /** Who answered for a node's own address when asked alone. */
  readonly confessed: (ip: Ip) => readonly Mac[]
  /** Whether this MAC was asked, alone, for a node's own address. */
  readonly wasAsked: (ip: Ip, mac: Mac) => boolean
  /** MACs that answered for a VIP. */
  readonly seen: ReadonlySet<Mac>
}

/**
 * A MAC that answers for two nodes relays for them (proxy ARP): it tells nothing, and is left out. A node's address
 * that is a VIP too is answered by whoever announces it, so that it speaks only for MACs that nothing else tells.
 */
export function macMapOf(sources: MacSources): MacMap {
  const written = writtenOf(sources)
  const isNews = ([mac, node]: Claim): boolean => !written.owners.get(mac)?.has(node)
  const heard = answered(sources, (ip) => !sources.vips.has(ip)).filter(isNews)
  const owners = heard.length === 0 ? written.owners : withClaims(written.owners, heard)
  const left = leftOver(sources, owners)
  const isWritten = owners === written.owners && left.length === 0
  const nodeOf = isWritten
    ? written.nodeOf
    : soleOwners(new Map([...owners, ...left.map(([mac, node]) => [mac, new Set([node])] as const)]))
  return { nodeOf, foreign: foreignMacs(nodeOf, sources) }
}

type Owners = ReadonlyMap<Mac, ReadonlySet<string>>

interface Written extends Pick<MacSources, 'own'>, Pick<MacMap, 'nodeOf'> {
  readonly owners: Owners
}

const writtenBy = new WeakMap<MacSources['records'], Written>()

/** What records and this host tell, which stays from look to look. */
function writtenOf({ records, own }: MacSources): Written {
  const before = writtenBy.get(records)
  if (before?.own.macs === own.macs && before.own.node === own.node) return before
  const owners = withClaims(new Map(), writtenClaims(records, own))
  const written = { own, owners, nodeOf: soleOwners(owners) }
  writtenBy.set(records, written)
  return written
}

function withClaims(before: Owners, claims: readonly Claim[]): Owners {
  const owners = new Map(before)
  for (const [mac, node] of claims) owners.set(mac, new Set([...(owners.get(mac) ?? []), node]))
  return owners
}

function soleOwners(owners: Owners): ReadonlyMap<Mac, string> {
  return new Map([...owners].flatMap(([mac, names]) => (names.size === 1 ? [[mac, [...names][0]!]] : [])))
}

/** What was told before counts where nothing was heard now. */
export function completed(heard: MacMap, told: MacMap): MacMap {
  const isOpen = (mac: Mac): boolean => !heard.nodeOf.has(mac) && !heard.foreign.has(mac)
  return {
    nodeOf: new Map([...heard.nodeOf, ...[...told.nodeOf].filter(([mac]) => isOpen(mac))]),
    foreign: new Set([...heard.foreign, ...[...told.foreign].filter((mac) => isOpen(mac))]),
  }
}

type Claim = readonly [Mac, string]

function writtenClaims(records: MacSources['records'], own: MacSources['own']): Claim[] {
  return [
    ...records.flatMap(({ node, nics }) => nics.map(({ mac }) => [mac, node] as const)),
    ...[...own.macs].flatMap((mac) => (own.node === null ? [] : [[mac, own.node] as const])),
  ]
}

/** For a node's address that is a VIP: the one MAC that nothing else tells of; of several none can be told. */
function leftOver(sources: MacSources, known: ReadonlyMap<Mac, unknown>): Claim[] {
  const open = answered(sources, (ip) => sources.vips.has(ip)).filter(([mac]) => !known.has(mac))
  return open.filter(([mac, node]) => open.every((other) => other[1] !== node || other[0] === mac))
}

/** Who answered for nodes' own addresses, of those that `counts` takes. */
function answered(
  { nodes, bearing = nodes, answerers, confessed }: MacSources,
  counts: (ip: Ip) => boolean,
): Claim[] {
  return bearing.flatMap(({ name, internalIps }) =>
    internalIps
      .filter(counts)
      .flatMap((ip) => [...answerers(ip), ...confessed(ip)].map((mac) => [mac, name] as const)),
  )
}

/**
 * A MAC is foreign only where every node's NICs are known and it is none of them, or where it denied to be each of the
 * others although such questions are answered there across NICs (rule 3): see `crossAddresses`.
 */
function foreignMacs(nodeOf: ReadonlyMap<Mac, string>, sources: MacSources): ReadonlySet<Mac> {
  if (sources.nodes.length === 0) return new Set()
  const unknown = [...sources.seen].filter((mac) => !nodeOf.has(mac) && !sources.own.macs.has(mac))
  if (unknown.length === 0) return new Set()
  const recorded = recordedOf(sources)
  const open = sources.nodes.filter(({ name }) => !recorded.has(name))
  return new Set(unknown.filter((mac) => open.every((node) => isRuledOut(node, mac, sources))))
}

/** Whoever has none of these NICs is no node. */
export function knowsEveryNic(sources: Pick<MacSources, 'nodes' | 'records' | 'own'>): boolean {
  const recorded = recordedOf(sources)
  return sources.nodes.length > 0 && sources.nodes.every(({ name }) => recorded.has(name))
}

function recordedOf({ records, own }: Pick<MacSources, 'records' | 'own'>): ReadonlySet<string | null> {
  return new Set([...records.map(({ node }) => node), own.node])
}

/**
 * Known to answer for all its addresses on all its NICs (arp_ignore 0), so that it would have confessed; or silent here,
 * and the MAC was asked for it all the same: a node may come back while we ask.
 */
function isRuledOut(node: Node, mac: Mac, { asked, answerers, confessed, wasAsked }: MacSources): boolean {
  const here = node.internalIps.filter((ip) => asked.has(ip))
  const isAlive = here.some((ip) => answerers(ip).length > 0)
  if (isAlive) return crossAddresses(node).some((ip) => confessed(ip).length > 0)
  return here.length > 0 && here.every((ip) => wasAsked(ip, mac))
}

/**
 * Addresses that a node holds on another NIC than the one on the segment: the first of its pod network (the bridge of
 * most network plugins). If its known NIC answers for one, it runs without arp_ignore, and each of its NICs would
 * answer for each of its addresses.
 */
export function crossAddresses({ podGateways }: Node): readonly Ip[] {
  return podGateways
}
