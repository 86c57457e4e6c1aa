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
  if (text.includes(':')) {
    const bytes = parseIpv6(text)
    return bytes && ipAt(bytes, 0, bytes.length)
  }
  const value = ipv4Value(text)
  return value < 0 ? undefined : ipv4Of(value)
}

export function isIpv4(ip: Ip): boolean {
  return !ip.includes(':')
}

/** 4 bytes for IPv4, 16 for IPv6. */
export function ipBytes(ip: Ip): Uint8Array {
  const quad = ipv4Value(ip)
  return quad < 0 ? parseIpv6(ip)! : Uint8Array.of(quad >>> 24, quad >>> 16, quad >>> 8, quad)
}

/** The address in `length` bytes (4 or 16) at `offset`; the caller has checked the length. */
export function ipAt(bytes: Uint8Array, offset: number, length: number): Ip {
  if (length === 4) return ipv4At(bytes, offset)
  return ipv6Text(bytes.subarray(offset, offset + 16)) as Ip
}

/** The texts of a /16, one for each place that an address leads to, in pages: what answers once answers again. */
const MEMO = { size: 65_536, numbers: new Int32Array(65_536), pages: [] as Ip[][] }

function ipv4At(bytes: Uint8Array, offset: number): Ip {
  const [a, b, c, d] = [bytes[offset]!, bytes[offset + 1]!, bytes[offset + 2]!, bytes[offset + 3]!]
  return ipv4Of((a << 24) | (b << 16) | (c << 8) | d)
}

/** Numeric order, IPv4 before IPv6: the order of every table. */
export function compareIps(left: Ip, right: Ip): number {
  if (isIpv4(left) && isIpv4(right)) return ipv4Number(left) - ipv4Number(right)
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
  const number = ipv4Value(ip)
  if (number >= 0) return { base: ipv4Of(bits === 0 ? 0 : (number & (-1 << (32 - bits))) >>> 0), bits }
  const bytes = ipBytes(ip).map((byte, i) => byte & maskByte(bits, i))
  return { base: ipAt(bytes, 0, bytes.length), bits }
}

export function contains({ base, bits }: Prefix, ip: Ip): boolean {
  if (isIpv4(base) !== isIpv4(ip)) return false
  if (!isIpv4(ip)) return prefixOf(ip, bits).base === base
  return bits === 0 || (ipv4Value(ip) ^ ipv4Value(base)) >>> (32 - bits) === 0
}

/** An IPv4 address as an unsigned 32-bit number. */
export function ipv4Number(ip: Ip): number {
  return ipv4Value(ip)
}

/** A text that was made before is the same one: it compares at once. */
export function ipv4Of(value: number): Ip {
  const number = value | 0
  const place = (number ^ (number >>> 16)) & (MEMO.size - 1)
  const page = (MEMO.pages[place >>> 8] ??= [])
  const known = page[place & 255]
  if (known !== undefined && MEMO.numbers[place] === number) return known
  MEMO.numbers[place] = number
  const text = `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`
  return (page[place & 255] = text as Ip)
}

function maskByte(bits: number, index: number): number {
  const kept = Math.min(8, Math.max(0, bits - index * 8))
  return (0xff << (8 - kept)) & 0xff
}

function parseIpv4(text: string): Uint8Array | undefined {
  const value = ipv4Value(text)
  return value < 0
    ? undefined
    : Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
}

const [DOT, ZERO, NINE] = [46, 48, 57]

/** As `a.b.c.d`, each part from 0 to 255 without leading zeros; -1 for anything else. */
function ipv4Value(text: string): number {
  let [value, part, parts] = [0, -1, 1]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === DOT) {
      if (part < 0) return -1
      value = value * 256 + part
      part = -1
      parts++
    } else {
      if (code < ZERO || code > NINE || part === 0) return -1
      part = Math.max(part, 0) * 10 + code - ZERO
      if (part > 255) return -1
    }
  }
  return parts === 4 && part >= 0 ? value * 256 + part : -1
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
