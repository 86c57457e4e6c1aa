import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { basename } from 'node:path'
import type { HostFacts, InterfaceAddress, Link } from '../core/host.ts'
import { parseIp } from '../core/ip.ts'
import { parseMac } from '../core/mac.ts'
import { ArpcheckError } from '../errors.ts'
import { IFF, listenersOf, readHostFacts } from './facts.ts'
import { gatewaysIn, linkNamesIn, neighboursIn } from './procnet.ts'
import { procOfThisHost } from './source.ts'

/** Kinds that stand on one other link. */
const STACKED_KINDS: ReadonlySet<string> = new Set(['vlan', 'macvlan', 'macvtap', 'ipvlan'])
const ARPHRD_ETHER = '1'

/** All facts, or without the addon those that can be had plainly. */
export function readHostFactsAnyway(): HostFacts {
  try {
    return readHostFacts()
  } catch (error) {
    if (error instanceof ArpcheckError && error.code === 'engine-unavailable') return readPlainHostFacts()
    throw error
  }
}

/**
 * This host as /proc and /sys tell it, for an engine that does without the addon. Poorer than rtnetlink: gateways and
 * neighbours are those of IPv4 in the main table, a neighbour's state is known roughly, a VLAN's id and the addresses
 * of a link without carrier are not.
 */
export function readPlainHostFacts(): HostFacts {
  const links = linkNamesIn(readText('/proc/net/dev')).map(linkOf).sort(byIndex)
  const names = new Map(links.map((link) => [link.index, link.name]))
  const { arpListeners, badLines } = listenersOf(procOfThisHost, names)
  return {
    hostname: procOfThisHost.hostname(),
    links,
    gateways: gatewaysIn(readText('/proc/net/route')),
    neighbours: neighboursIn(readText('/proc/net/arp')),
    arpListeners,
    ignored: badLines > 0 ? { 'bad-packet-line': badLines } : {},
  }
}

function byIndex(a: Link, b: Link): number {
  return a.index - b.index
}

function linkOf(name: string): Link {
  const entry = (file: string) => readText(`/sys/class/net/${name}/${file}`).trim()
  const flags = Number(entry('flags'))
  const ethernet = entry('type') === ARPHRD_ETHER
  const kind = /^DEVTYPE=(.+)$/m.exec(entry('uevent'))?.[1] ?? null
  return {
    index: Number(entry('ifindex')),
    name,
    mac: ethernet ? (parseMac(entry('address')) ?? null) : null,
    ethernet,
    loopback: (flags & IFF.loopback) !== 0,
    up: (flags & IFF.up) !== 0,
    carrier: entry('carrier') === '1',
    arp: (flags & IFF.noArp) === 0,
    kind,
    master: targetName(`/sys/class/net/${name}/master`),
    lower: kind !== null && STACKED_KINDS.has(kind) ? lowerOf(name) : null,
    vlanId: null,
    wireless: ethernet && procOfThisHost.isWireless(name),
    mtu: Number(entry('mtu')),
    addresses: addressesOf(name),
  }
}

function addressesOf(name: string): InterfaceAddress[] {
  const infos = networkInterfaces()[name] ?? []
  return infos.flatMap(({ address, cidr }) => {
    const ip = parseIp(address)
    return ip === undefined || cidr === null ? [] : [{ ip, bits: Number(cidr.split('/')[1]) }]
  })
}

function lowerOf(name: string): string | null {
  const entries = readdirSync(`/sys/class/net/${name}`)
  return entries.find((entry) => entry.startsWith('lower_'))?.slice('lower_'.length) ?? null
}

function targetName(path: string): string | null {
  try {
    return basename(readlinkSync(path))
  } catch {
    return null
  }
}

/** '' where there is no such file, or the kernel refuses: it does so for the carrier of a link that is down. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
