import { stringify } from 'yaml'
import * as z from 'zod'
import { isIpv4, parseIp, parsePrefix, type Ip } from '../core/ip.ts'
import { parseMac, type Mac } from '../core/mac.ts'
import { nearest } from '../core/nearest.ts'
import { parseCondition, type Condition } from './exposition.ts'
import { FAULT_VERBS, isFaultVerb, needsAddress, needsHost, type Fault } from './faults.ts'

// The words of a story file: each is read into the value that it means, or refused with what it should have been.

export const ipText = z.string().transform((text, context): Ip => {
  const ip = parseIp(text)
  if (ip && isIpv4(ip)) return ip
  context.addIssue(`${JSON.stringify(text)} is not an IPv4 address`)
  return z.NEVER
})

/** Of either family, as Services have them. */
export const anyIpText = z.string().transform((text, context): Ip => {
  const ip = parseIp(text)
  if (ip) return ip
  context.addIssue(`${JSON.stringify(text)} is not an IP address`)
  return z.NEVER
})

/** `8h`, `45s`: milliseconds. */
export const durationText = z.string().transform((text, context): number => {
  const [, count = '', unit = ''] = /^(\d{1,4})\s?(s|min|h)$/.exec(text.trim()) ?? []
  if (unit) return Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS]
  context.addIssue('write: NUMBER and s, min or h')
  return z.NEVER
})
const UNITS_MS = { s: 1000, min: 60_000, h: 3_600_000 }

/** An address, or a network that the kernel answers for as a whole. */
export const networkText = z.string().transform((text, context): string => {
  const prefix = parsePrefix(text)
  if (prefix) return `${prefix.base}/${prefix.bits}`
  const ip = parseIp(text)
  if (ip && isIpv4(ip)) return ip
  context.addIssue(`${JSON.stringify(text)} is not an IPv4 address or network`)
  return z.NEVER
})

export const macText = z.string().transform((text, context): Mac => {
  const mac = parseMac(text)
  if (mac) return mac
  context.addIssue(`${JSON.stringify(text)} is not a MAC address`)
  return z.NEVER
})

export const nicName = z.string().regex(/^eno[2-9]$/, { error: 'further NICs are called eno2 to eno9' })

// "a.eno1" names a switch port, and Linux allows 15 characters there
export const hostName = z.string().regex(/^[a-z][a-z0-9-]{0,8}$/, {
  error: ({ input }) =>
    `${JSON.stringify(input)} is not a host name (up to 9 lower-case letters, digits, dashes)`,
})

/** `release nuc-4 192.168.1.60`: verb, the host that most verbs need and the address that some need. */
export const faultText = z.string().transform((text, context): Fault => {
  const [verb = '', host = null, argument = '', ...rest] = text.trim().split(/\s+/)
  const address = parseIp(argument) ?? null
  if (!isFaultVerb(verb)) context.addIssue(`${JSON.stringify(verb)} is no fault${meant(verb, FAULT_VERBS)}`)
  else if (hasAllWords({ verb, host, address }) && rest.length === 0) return { verb, host, address }
  else
    context.addIssue(`write: ${verb}${needsHost(verb) ? ' HOST' : ''}${needsAddress(verb) ? ' ADDRESS' : ''}`)
  return z.NEVER
})

function hasAllWords({ verb, host, address }: Fault): boolean {
  return needsHost(verb) === (host !== null) && needsAddress(verb) === (address !== null)
}

/** As many questions since arpcheck began. */
export interface Asked {
  readonly ip: Ip
  readonly count: number
}

/** `3 who-has 192.168.1.60`, or `every arpcheck_vip_verdict{verdict="ok"} == 1`. */
export const conditionText = z.string().transform((text, context): Asked | Condition => {
  const condition = parseCondition(text.trim())
  if (condition) return condition
  const [, count = '', address = ''] = /^(\d{1,4}) who-has (\S+)$/.exec(text.trim()) ?? []
  const ip = parseIp(address)
  if (ip) return { ip, count: Number(count) }
  context.addIssue(
    'write: NUMBER who-has ADDRESS, or any, every or HOST, METRIC, and ==, > or < with a NUMBER',
  )
  return z.NEVER
})

/** A command line without quoting or expansion: the words after `arpcheck`. */
export const commandText = z.string().transform((text, context): string[] => {
  const [program, ...words] = text.trim().split(/\s+/)
  if (program === 'arpcheck') return words
  context.addIssue('a run starts with the word arpcheck')
  return z.NEVER
})

/** One of a closed set of words. */
export function oneOf<const Value extends string>(values: readonly Value[], what: string): z.ZodType<Value> {
  return z.enum(values as readonly [Value, ...Value[]], {
    error: ({ input }) =>
      input === undefined
        ? `a ${what} is missing`
        : `${JSON.stringify(input)} is no ${what}${meant(typeof input === 'string' ? input : '', values)}`,
  })
}

/** Numbers of rows in a table, each of them there. */
export function numbersOf(table: Readonly<Record<number, unknown>>) {
  const known = z.int().refine((number) => Object.hasOwn(table, number), {
    error: ({ input }) => `${String(input)} is none of 1 to ${Object.keys(table).length}`,
  })
  return z.array(known).default([])
}

/** An object that refuses unknown keys and names the nearest known one. */
export function object<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys, shape) : undefined),
  })
}

/** The end of a sentence about an unknown word: the nearest known one, else all. */
export function meant(word: string, known: readonly string[]): string {
  const guess = nearest(word, known)
  return guess === undefined ? `; known: ${known.join(', ')}` : `; did you mean ${JSON.stringify(guess)}?`
}

function unknownKeys(keys: readonly string[], shape: object): string {
  return keys.map((key) => `unknown key ${JSON.stringify(key)}${meant(key, Object.keys(shape))}`).join(', ')
}

/** 28800000 → `8 h`. */
export function durationWords(ms: number): string {
  const [unit, unitMs] = Object.entries(UNITS_MS).findLast(([, size]) => ms >= size && ms % size === 0) ?? [
    'ms',
    1,
  ]
  return `${ms / unitMs} ${unit}`
}

/** A change as one line: `cluster { services: { gitea: { endpoints: [nuc-1] } } }`. */
export function changeWords(patch: object): string {
  const text = stringify(patch, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true })
  return `cluster ${text.trim()}`
}
