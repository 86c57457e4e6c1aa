/** An address in Go's canonical text (`net.IP.String`), the spelling MetalLB hashes; compared with `===`. */
export type Ip = string & { readonly [brand]: 'Ip' }
declare const brand: unique symbol

/** A network: its first address and its prefix length. */
export interface Prefix {
  readonly base: Ip
  readonly bits: number
}

export const UNSPECIFIED_IPV4 = '0.0.0.0' as Ip

const DECIMAL_BYTE = /^(?:0|[1-9]\d{0,2})$/
const HEX_GROUP = /^[0-9a-f]{1,4}$/i

/** Reads an IPv4 or IPv6 address without a zone; undefined for anything else, leading zeros included. */
export function parseIp(text: string): Ip | undefined {
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text)
  return bytes && ipAt(bytes, 0, bytes.length)
}

export function isIpv4(ip: Ip): boolean {
  return !ip.includes(':')
}

/** 4 bytes for IPv4, 16 for IPv6. */
export function ipBytes(ip: Ip): Uint8Array {
  const quad = quadOf(ip)
  return quad < 0 ? parseIpv6(ip)! : Uint8Array.of(quad >>> 24, quad >>> 16, quad >>> 8, quad)
}

/** The address in `length` bytes (4 or 16) at `offset`; the caller has checked the length. */
export function ipAt(bytes: Uint8Array, offset: number, length: number): Ip {
  if (length === 4) return ipv4At(bytes, offset)
  return ipv6Text(bytes.subarray(offset, offset + 16)) as Ip
}

/** The texts of a /16, one for each place that an address leads to: what answers once answers again. */
const MEMO = { size: 65_536, numbers: new Int32Array(65_536), texts: [] as Ip[] }

function ipv4At(bytes: Uint8Array, offset: number): Ip {
  const [a, b, c, d] = [bytes[offset]!, bytes[offset + 1]!, bytes[offset + 2]!, bytes[offset + 3]!]
  const number = (a << 24) | (b << 16) | (c << 8) | d
  const place = (number ^ (number >>> 16)) & (MEMO.size - 1)
  const known = MEMO.texts[place]
  if (known !== undefined && MEMO.numbers[place] === number) return known
  MEMO.numbers[place] = number
  return (MEMO.texts[place] = `${a}.${b}.${c}.${d}` as Ip)
}

/** Numeric order, IPv4 before IPv6: the order of every table. */
export function compareIps(left: Ip, right: Ip): number {
  const [before, after] = [quadOf(left), quadOf(right)]
  if (before >= 0 && after >= 0) return before - after
  const [a, b] = [ipBytes(left), ipBytes(right)]
  return a.length - b.length || Buffer.compare(a, b)
}

/** Reads `192.168.1.0/24`; host bits are kept out of the base. */
export function parsePrefix(text: string): Prefix | undefined {
  const [address = '', length = '', ...rest] = text.split('/')
  const ip = parseIp(address)
  const bits = DECIMAL_BYTE.test(length) ? Number(length) : Number.NaN
  if (!ip || rest.length > 0 || !(bits <= ipBytes(ip).length * 8)) return undefined
  return prefixOf(ip, bits)
}

/** The network of `bits` that `ip` lies in. */
export function prefixOf(ip: Ip, bits: number): Prefix {
  const number = quadOf(ip)
  if (number >= 0) return { base: ipv4Of(bits === 0 ? 0 : (number & (-1 << (32 - bits))) >>> 0), bits }
  const bytes = ipBytes(ip).map((byte, i) => byte & maskByte(bits, i))
  return { base: ipAt(bytes, 0, bytes.length), bits }
}

export function contains(prefix: Prefix, ip: Ip): boolean {
  const [base, number] = [quadOf(prefix.base), quadOf(ip)]
  if (base >= 0 && number >= 0) return prefix.bits === 0 || (base ^ number) >>> (32 - prefix.bits) === 0
  return isIpv4(prefix.base) === isIpv4(ip) && prefixOf(ip, prefix.bits).base === prefix.base
}

/** An IPv4 address as an unsigned 32-bit number. */
export function ipv4Number(ip: Ip): number {
  return ipBytes(ip).reduce((value, byte) => value * 256 + byte, 0)
}

export function ipv4Of(number: number): Ip {
  return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}` as Ip
}

/**
 * An IPv4 address as a number, read without making anything: a daemon asks for each look which of hundreds of addresses
 * lie on its segment. -1 for IPv6.
 */
function quadOf(ip: Ip): number {
  let [number, part] = [0, 0]
  for (let i = 0; i < ip.length; i++) {
    const code = ip.charCodeAt(i)
    if (code === COLON) return -1
    if (code === DOT) {
      number = number * 256 + part
      part = 0
    } else part = part * 10 + code - ZERO
  }
  return number * 256 + part
}

const [DOT, ZERO, COLON] = [46, 48, 58]

function maskByte(bits: number, index: number): number {
  const kept = Math.min(8, Math.max(0, bits - index * 8))
  return (0xff << (8 - kept)) & 0xff
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => DECIMAL_BYTE.test(part) && Number(part) < 256))
    return undefined
  return Uint8Array.from(parts, Number)
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = [hexGroups(halves[0]!, halves.length === 1), hexGroups(halves[1] ?? '', true)]
  if (!head || !tail) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail]
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

/** The 16-bit groups of one side of `::`; a dotted IPv4 tail counts as two where `last` allows it. */
function hexGroups(text: string, last: boolean): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const dotted = last && parts.at(-1)!.includes('.') ? parseIpv4(parts.pop()!) : undefined
  if (!parts.every((part) => HEX_GROUP.test(part))) return undefined
  const groups = parts.map((part) => Number.parseInt(part, 16))
  return dotted ? [...groups, dotted[0]! * 256 + dotted[1]!, dotted[2]! * 256 + dotted[3]!] : groups
}

/** RFC 5952 as Go prints it: the longest run of two or more zero groups folds; IPv4-mapped prints as IPv4. */
function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes[i * 2]! * 256 + bytes[i * 2 + 1]!)
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (mapped) return ipAt(bytes, 12, 4)
  const hex = groups.map((group) => group.toString(16))
  const { start, length } = longestZeroRun(groups)
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === 0) length++
    if (length > best.length) best = { start, length }
  }
  return best
}
