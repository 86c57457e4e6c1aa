import { anyOf, quoted } from '../core/text.ts'
import { isIpv4, parseIp, type Ip } from '../core/ip.ts'
import { parseMac, type Mac } from '../core/mac.ts'
import { ArpcheckError } from '../errors.ts'
import { nearest } from '../core/nearest.ts'

/** How the texts of one flag become its value. `metavar` stands for the value in the help; null: takes none. */
export interface Kind<T> {
  readonly metavar: string | null
  /** The words it takes, where they are a closed list. */
  readonly choices?: readonly string[]
  /** Its form as JSON Schema, for a file of settings; else a text, or a choice. */
  readonly schema?: Readonly<Record<string, unknown>>
  /** May be given several times. */
  readonly repeatable?: true
  /** Throws a usage error that names the flag (`--count`, `ARPCHECK_COUNT`). */
  read(given: readonly string[], flag: string): T
}

/** On or off: present on the command line; `1`/`true`/`yes` or `0`/`false`/`no` in the environment. */
export const onOff: Kind<boolean> = {
  metavar: null,
  schema: { type: 'boolean' },
  read(given, flag) {
    const typed = given.at(-1) ?? '0'
    if (['1', 'true', 'yes', 'on'].includes(typed.toLowerCase())) return true
    if (['0', 'false', 'no', 'off'].includes(typed.toLowerCase())) return false
    throw wrong(flag, '1 or 0', typed)
  },
}

/** How often a flag is repeated: `-q`, `-qq`. */
export const level: Kind<number> = {
  metavar: null,
  read: (given, flag) => wholeNumber(0, 9).read([given.at(-1) ?? '0'], flag),
}

/** Any text but the empty one; null when it is not given. */
export function oneText(metavar: string): Kind<string | null> {
  return { metavar, read: (given, flag) => (given.length === 0 ? null : filled(single(given, flag), flag)) }
}

/** Any texts but empty ones. */
export function someTexts(metavar: string): Kind<readonly string[]> {
  return { metavar, repeatable: true, read: (given, flag) => given.map((one) => filled(one, flag)) }
}

export function choice<const C extends string>(metavar: string, choices: readonly C[]): Kind<C> {
  return {
    metavar,
    choices,
    read(given, flag) {
      const typed = single(given, flag)
      const found = choices.find((one) => one === typed)
      if (found !== undefined) return found
      throw wrong(flag, anyOf(choices), typed, nearest(typed, choices))
    },
  }
}

export function wholeNumber(min: number, max: number): Kind<number> {
  return {
    metavar: 'N',
    schema: { type: 'integer', minimum: min, maximum: max },
    read(given, flag) {
      const typed = single(given, flag)
      const value = /^\d{1,9}$/.test(typed) ? Number(typed) : Number.NaN
      if (value >= min && value <= max) return value
      throw wrong(flag, `a whole number from ${min} to ${max}`, typed)
    },
  }
}

const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000 }

/** A duration with its unit, in milliseconds. */
export function duration(min: string, max: string): Kind<number> {
  const [minMs, maxMs] = [readDuration(min), readDuration(max)]
  return {
    metavar: 'TIME',
    schema: { type: 'string', pattern: String.raw`^\d{1,6}(\.\d{1,6})?(ms|s|m)$` },
    read(given, flag) {
      const typed = single(given, flag)
      const ms = readDuration(typed)
      if (ms >= minMs && ms <= maxMs) return ms
      throw wrong(flag, `a time from ${min} to ${max}, like 250ms or 1.5s`, typed)
    },
  }
}

/** Frames per second; null: as fast as the kernel takes them. */
export function framesPerSecond(max: number): Kind<number | null> {
  return {
    metavar: 'N',
    read(given, flag) {
      const typed = single(given, flag)
      if (typed === 'max') return null
      const value = /^\d{1,9}(\/s)?$/.test(typed) ? Number.parseInt(typed) : 0
      if (value >= 1 && value <= max) return value
      throw wrong(flag, `frames per second, from 1 to ${max}, or max`, typed)
    },
  }
}

export const sender: Kind<'auto' | 'zero' | Ip> = {
  metavar: 'ADDRESS',
  read(given, flag) {
    const typed = single(given, flag)
    if (typed === 'auto' || typed === 'zero') return typed
    const ip = parseIp(typed)
    if (ip && isIpv4(ip)) return ip
    throw wrong(flag, 'auto, zero or an IPv4 address', typed)
  },
}

/** A MAC; null when it is not given. */
export const someMac: Kind<Mac | null> = {
  metavar: 'MAC',
  read(given, flag) {
    if (given.length === 0) return null
    const mac = parseMac(single(given, flag))
    if (mac) return mac
    throw wrong(flag, 'a MAC like 1c:69:7a:aa:04:10', given[0]!)
  },
}

function readDuration(typed: string): number {
  const [, number, unit] = /^(\d{1,6}(?:\.\d{1,6})?)(ms|s|m)$/.exec(typed) ?? []
  return number === undefined ? Number.NaN : Number(number) * UNITS_MS[unit!]!
}

export function single(given: readonly string[], flag: string): string {
  if (given.length > 1)
    throw new ArpcheckError('usage', `${flag} is given ${given.length} times; it takes one value.`)
  return given[0] ?? ''
}

function filled(typed: string, flag: string): string {
  if (typed === '') throw new ArpcheckError('usage', `${flag} needs a value.`)
  return typed
}

export function wrong(flag: string, takes: string, typed: string, near?: string): ArpcheckError {
  const hint = near === undefined ? '' : ` Did you mean ${near}?`
  const but = typed === '' ? 'it has no value' : `not ${quoted(typed)}`
  return new ArpcheckError('usage', `${flag} takes ${takes}, ${but}.${hint}`)
}
