import { ipBytes, parseIp, type Ip } from '../../core/ip.ts'

/** All addresses from `first` to `last`, both included: 4 bytes each, or 16. */
export interface Range {
  readonly first: Uint8Array
  readonly last: Uint8Array
}

const DIGITS = /^\d{1,9}$/

/** Reads an entry of `spec.addresses`: a CIDR or `first-last` (internal/config/config.go: ParseCIDR). */
export function parseRange(text: string): Range | undefined {
  const dash = text.indexOf('-')
  return dash < 0 ? parseCidr(text) : parseEnds(text.slice(0, dash).trim(), text.slice(dash + 1).trim())
}

export function inRange({ first, last }: Range, ip: Ip): boolean {
  const bytes = ipBytes(ip)
  return compare(first, bytes) <= 0 && compare(bytes, last) <= 0
}

export function overlap(a: Range, b: Range): boolean {
  return compare(a.first, b.last) <= 0 && compare(b.first, a.last) <= 0
}

/** An IPv4-mapped network is one of IPv4 to Go (net.IPNet.Contains), with 96 bits less. */
function parseCidr(text: string): Range | undefined {
  const [address = '', length = '', ...rest] = text.split('/')
  const ip = parseIp(address)
  if (!ip || rest.length > 0 || !DIGITS.test(length)) return undefined
  const bytes = ipBytes(ip)
  const mapped = bytes.length === 4 && address.includes(':')
  const bits = Number(length) - (mapped ? 96 : 0)
  if (bits < 0 || bits > bytes.length * 8) return undefined
  return {
    first: bytes.map((byte, index) => byte & ~hostMask(bits, index)),
    last: bytes.map((byte, index) => byte | hostMask(bits, index)),
  }
}

function parseEnds(from: string, to: string): Range | undefined {
  const [first, last] = [parseIp(from), parseIp(to)].map((ip) => ip && ipBytes(ip))
  if (!first || !last || first.length !== last.length || compare(first, last) > 0) return undefined
  return { first, last }
}

/** The bits of byte `index` that lie behind a prefix of `bits`. */
function hostMask(bits: number, index: number): number {
  return 0xff >> Math.min(8, Math.max(0, bits - index * 8))
}

/** IPv4 sorts below IPv6, so an address of the other family lies in no range. */
function compare(left: Uint8Array, right: Uint8Array): number {
  return left.length - right.length || Buffer.compare(left, right)
}
