import type { Endpoint } from '../../core/watch/config.ts'
import { isIpv4, parseIp, type Ip } from '../../core/ip.ts'
import { single, wholeNumber, wrong, type Kind } from '../values.ts'

/** Where to listen: `:10806`, `192.168.1.13:10806`, `[::1]:10807`. Loopback alone where that is all that may be. */
export function endpoint(where: 'anywhere' | 'loopback'): Kind<Endpoint> {
  const example = where === 'loopback' ? '127.0.0.1:10807' : ':10806 or 192.168.1.13:10806'
  const takes = where === 'loopback' ? 'a loopback address and a port' : 'an address and a port'
  return {
    metavar: 'ADDR:PORT',
    schema: { type: 'string', pattern: String.raw`^.*:\d{1,5}$` },
    read(given, flag) {
      const typed = single(given, flag)
      const read = readEndpoint(typed)
      if (read && (where === 'anywhere' || isLoopback(read.host))) return read
      throw wrong(flag, `${takes}, like ${example}`, typed)
    },
  }
}

function readEndpoint(typed: string): Endpoint | undefined {
  const [, bracketed, bare = '', digits = ''] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(typed) ?? []
  const [host, port] = [bracketed ?? bare, Number(digits)]
  if (digits === '' || port < 1 || port > 65_535) return undefined
  if (host === '') return { host: null, port }
  const ip = parseIp(host)
  return ip === undefined ? undefined : { host: ip, port }
}

function isLoopback(host: string | null): boolean {
  return host !== null && (host === '::1' || host.startsWith('127.'))
}

/** How many watch, or all. */
export const someOrAll: Kind<number | 'all'> = {
  metavar: 'N|all',
  schema: { anyOf: [{ type: 'integer', minimum: 1, maximum: 100 }, { const: 'all' }] },
  read(given, flag) {
    const typed = single(given, flag)
    if (typed === 'all') return typed
    if (/^\d+$/.test(typed)) return wholeNumber(1, 100).read(given, flag)
    throw wrong(flag, 'a whole number from 1 to 100, or all', typed)
  },
}

/** Asked beside all that is watched: a few tell what many would. */
const MOST_ADDRESSES = 16

export const someAddresses: Kind<readonly Ip[]> = {
  metavar: 'ADDRESS',
  repeatable: true,
  read(given, flag) {
    if (given.length > MOST_ADDRESSES)
      throw wrong(flag, `at most ${MOST_ADDRESSES} addresses`, `${given.length}`)
    return [...new Set(given.map((typed) => ipv4Of(typed, flag)))]
  },
}

function ipv4Of(typed: string, flag: string): Ip {
  const ip = parseIp(typed)
  if (ip === undefined || !isIpv4(ip)) throw wrong(flag, 'an IPv4 address, like 192.168.1.70', typed)
  return ip
}
