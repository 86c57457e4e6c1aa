import { listenersOn, type HostFacts, type Process } from './host.ts'
import { isIpv4, parseIp, type Ip } from './ip.ts'
import { parseMac, type Mac } from './mac.ts'

/**
 * What a recording says, beside its frames, of the host that asked on one interface. Without it a replay would judge
 * otherwise what this host answers itself, or may own.
 */
export interface HostNote {
  readonly node: string
  /** Default gateways on the interface. */
  readonly gateways: readonly Ip[]
  /** Who else listened for ARP there; null where the process could not be seen. */
  readonly listeners: readonly (Process | null)[]
  /** The host's other MACs. */
  readonly macs: readonly Mac[]
  /** Those of the addresses asked for that the host holds. */
  readonly own: readonly Ip[]
}

const MARK = 'arpcheck.io/v1 '
/** Of each list: of a host with more a part is told. */
const MOST = 1000
const MAX_NAME = 255

/** The note as one line of text, JSON behind a mark; `asked`: the addresses that matter. */
export function noteText(facts: HostFacts, interfaceName: string, asked: readonly Ip[]): string {
  const here = facts.links.find(({ name }) => name === interfaceName)
  const macs = facts.links.flatMap(({ mac }) => (mac && mac !== here?.mac ? [mac] : []))
  const held = new Set(facts.links.flatMap(({ addresses }) => addresses.map(({ ip }) => ip)))
  const gateways = facts.gateways.filter((gateway) => gateway.interface === interfaceName)
  const note: HostNote = {
    node: facts.hostname,
    gateways: gateways.map(({ ip }) => ip).filter(isIpv4),
    listeners: listenersOn(interfaceName, facts).map((listener) => listener.process),
    macs: [...new Set(macs)].slice(0, MOST),
    own: asked.filter((ip) => held.has(ip)).slice(0, MOST),
  }
  return MARK + JSON.stringify(note)
}

/** Reads what `noteText` wrote; null for any other text. What is wrong in it is left out: it comes from outside. */
export function readNote(text: string): HostNote | null {
  const note = text.startsWith(MARK) ? jsonObject(text.slice(MARK.length)) : null
  if (note === null || typeof note['node'] !== 'string' || note['node'] === '') return null
  return {
    node: note['node'].slice(0, MAX_NAME),
    gateways: listOf(note['gateways'], ipOf),
    listeners: listOf(note['listeners'], processOf),
    macs: listOf(note['macs'], (value) => (typeof value === 'string' ? parseMac(value) : undefined)),
    own: listOf(note['own'], ipOf),
  }
}

type JsonObject = Readonly<Record<string, unknown>>

function jsonObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf<T>(value: unknown, read: (item: unknown) => T | undefined): T[] {
  const items: unknown[] = Array.isArray(value) ? value.slice(0, MOST) : []
  return items.map(read).filter((item) => item !== undefined)
}

function ipOf(value: unknown): Ip | undefined {
  const ip = typeof value === 'string' ? parseIp(value) : undefined
  return ip && isIpv4(ip) ? ip : undefined
}

function processOf(value: unknown): Process | null {
  if (!isObject(value)) return null
  const { pid, name } = value
  return Number.isSafeInteger(pid) && typeof name === 'string'
    ? { pid: Number(pid), name: name.slice(0, MAX_NAME) }
    : null
}
