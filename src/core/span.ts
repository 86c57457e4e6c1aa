import { ipv4Number, isIpv4, parseIp, parsePrefix, type Ip } from './ip.ts'
import { quoted } from './text.ts'

/** Why the addresses that were typed cannot be asked for: a sentence, and what to type instead. */
export interface TargetProblem {
  readonly message: string
  readonly remedy: readonly string[]
}

/** Consecutive IPv4 addresses, or one IPv6 address. */
export interface Span {
  readonly first: Ip
  readonly count: number
}

const FORMS = [
  'one address      192.168.1.60',
  'and its owner    192.168.1.60=1c:69:7a:aa:04:10',
  'a range          192.168.1.60-192.168.1.79 or 192.168.1.60-79',
  'a network        192.168.1.0/26',
]

// Where no unicast neighbour can live: "this network", loopback, multicast, limited broadcast (RFC 6890).
const NOBODYS = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '255.255.255.255/32'].map((text) => {
  const { base, bits } = parsePrefix(text)!
  return { first: ipv4Number(base), last: ipv4Number(base) + 2 ** (32 - bits) - 1 }
})

/** Reads an address, a range or a network. */
export function readSpan(text: string): Span | TargetProblem {
  const span = text.includes('/') ? readNetwork(text) : (readRange(text) ?? readAddress(text))
  if ('message' in span || !isIpv4(span.first)) return span
  const first = ipv4Number(span.first)
  const overlaps = NOBODYS.some((none) => first <= none.last && first + span.count - 1 >= none.first)
  return overlaps ? refuse(`${quoted(text)} holds addresses that no machine can own.`) : span
}

function readAddress(text: string): Span | TargetProblem {
  const ip = parseIp(text)
  if (ip)
    return isNobodysIpv6(ip)
      ? refuse(`${quoted(text)} is an address that no machine can own.`)
      : { first: ip, count: 1 }
  if (text === '') return refuse('An address is empty.', FORMS)
  if (text.includes(','))
    return refuse(`${quoted(text)} is not an address.`, ['Put spaces between addresses.'])
  if (text.includes('%')) return refuse(`${quoted(text)} has a zone.`, ['Give the interface with --iface.'])
  const name = /^(?=.*[a-z])[a-z0-9.-]+$/i.test(text)
  const lookUp = [`arpcheck asks for addresses; look the name up first:  getent hosts ${text}`]
  return refuse(`${quoted(text)} is not an IP address.`, name ? lookUp : FORMS)
}

function readNetwork(text: string): Span | TargetProblem {
  const prefix = parsePrefix(text)
  if (!prefix) return refuse(`${quoted(text)} is not a network.`, ['A network reads like 192.168.1.0/26.'])
  const bits = isIpv4(prefix.base) ? 32 : 128
  if (bits === 128 && prefix.bits < 128) return refuse(`${quoted(text)}: IPv6 networks are not swept.`, FORMS)
  return { first: prefix.base, count: 2 ** (bits - prefix.bits) }
}

/** Undefined where the text is no range at all: names hold dashes too. */
function readRange(text: string): Span | TargetProblem | undefined {
  const [from = '', to = '', ...rest] = text.split('-').map((part) => part.trim())
  const first = parseIp(from)
  if (!first || !text.includes('-')) return undefined
  const last = /^\d{1,3}$/.test(to) && isIpv4(first) ? parseIp(from.replace(/\d+$/, to)) : parseIp(to)
  if (!last || rest.length > 0) {
    return refuse(`${quoted(text)} is not a range.`, ['A range reads like 192.168.1.60-79.'])
  }
  if (!isIpv4(first) || !isIpv4(last)) return refuse(`${quoted(text)}: IPv6 ranges are not swept.`, FORMS)
  const count = ipv4Number(last) - ipv4Number(first) + 1
  return count > 0 ? { first, count } : refuse(`${quoted(text)} ends before it begins.`)
}

function isNobodysIpv6(ip: Ip): boolean {
  return ip === '::' || ip === '::1' || ip.startsWith('ff')
}

export function refuse(message: string, remedy: readonly string[] = []): TargetProblem {
  return { message, remedy }
}
