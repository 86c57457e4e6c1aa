import { isNode, LineCounter, parseDocument, type Document } from 'yaml'
import * as z from 'zod'
import { FINDINGS, type FindingCode } from '../core/findings.ts'
import { isIpv4, parseIp, type Ip } from '../core/ip.ts'
import { parseMac, type Mac } from '../core/mac.ts'
import { nearest } from '../core/nearest.ts'
import { UNKNOWN_REASONS, VERDICTS } from '../core/verdict.ts'
import { ArpcheckError } from '../errors.ts'
import { FAULT_VERBS, isFaultVerb, needsAddress, type Fault } from './faults.ts'
import { BUILT_IN_NAMES } from './hosts.ts'

const ipText = z.string().transform((text, context): Ip => {
  const ip = parseIp(text)
  if (ip && isIpv4(ip)) return ip
  context.addIssue(`${JSON.stringify(text)} is not an IPv4 address`)
  return z.NEVER
})

const macText = z.string().transform((text, context): Mac => {
  const mac = parseMac(text)
  if (mac) return mac
  context.addIssue(`${JSON.stringify(text)} is not a MAC address`)
  return z.NEVER
})

// "a.eno1" names a switch port, and Linux allows 15 characters there
const hostName = z.string().regex(/^[a-z][a-z0-9-]{0,8}$/, {
  error: ({ input }) =>
    `${JSON.stringify(input)} is not a host name (up to 9 lower-case letters, digits, dashes)`,
})

const code = oneOf(Object.keys(FINDINGS) as FindingCode[], 'finding code')

const vipExpectation = object({
  verdict: oneOf(VERDICTS, 'verdict'),
  reason: oneOf(UNKNOWN_REASONS, 'reason').optional(),
  /** Who answers: names of hosts, or MACs. */
  answered: z.array(z.string()).optional(),
  findings: z.array(code).optional(),
})

const expectation = object({
  exit: z.int().min(0).max(255),
  vips: z.record(ipText, vipExpectation).default({}),
  canaries: z.record(ipText, oneOf(['answered', 'silent'], 'canary state')).default({}),
  findings: z.array(code).optional(),
})

const hostShape = object({
  address: ipText.optional(),
  mac: macText.optional(),
  owns: z.array(ipText).optional(),
})

const step = object({
  note: z.string().optional(),
  fault: z.string().transform(faultOf).optional(),
  run: z.string().transform(argumentsOf).optional(),
  on: hostName.optional(),
  expect: expectation.optional(),
}).superRefine((value, context) => {
  const kinds = [value.note, value.fault, value.run].filter((kind) => kind !== undefined)
  if (kinds.length !== 1) context.addIssue('a step is exactly one of note, fault and run')
  if (value.run === undefined && (value.expect ?? value.on))
    context.addIssue('only a run has "on" and "expect"')
})

const story = object({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, { error: 'a name is lower-case words joined by dashes' }),
  tells: z.string().min(1),
  hosts: z.record(hostName, hostShape).default({}),
  steps: z.array(step).min(1),
}).superRefine(({ hosts, steps }, context) => {
  const names = [...BUILT_IN_NAMES, ...Object.keys(hosts)]
  const refuse = (message: string, ...path: (string | number)[]) =>
    context.addIssue({ code: 'custom', path, message })
  for (const [name, { address }] of Object.entries(hosts)) {
    if (!BUILT_IN_NAMES.includes(name) && !address)
      refuse('a host of your own needs an address', 'hosts', name)
  }
  steps.forEach(({ fault, on, expect }, i) => {
    const strange = (name: string) => `there is no host ${JSON.stringify(name)}${meant(name, names)}`
    if (fault && !names.includes(fault.host)) refuse(strange(fault.host), 'steps', i, 'fault')
    if (on && !names.includes(on)) refuse(strange(on), 'steps', i, 'on')
    for (const [vip, { answered = [] }] of Object.entries(expect?.vips ?? {})) {
      const unknown = answered.find((who) => !parseMac(who) && !names.includes(who))
      if (unknown) refuse(strange(unknown), 'steps', i, 'expect', 'vips', vip, 'answered')
    }
  })
})

/** One story: who is on the segment, what happens, and what arpcheck must say of it. */
export type Story = z.infer<typeof story>
export type Step = z.infer<typeof step>
export type Expectation = z.infer<typeof expectation>
export type VipExpectation = z.infer<typeof vipExpectation>

/** Reads a story; throws a `config` error that names each mistake with its line. */
export function parseStory(text: string, file: string): Story {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [broken] = document.errors
  if (broken) throw storyError(file, [broken.message.split('\n')[0]!])
  const read = story.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (read.success) return read.data
  throw storyError(
    file,
    read.error.issues.map((issue) => issueText(issue, document, lines)),
  )
}

function storyError(file: string, mistakes: readonly string[]): ArpcheckError {
  return new ArpcheckError('config', `${file} is not a story: ${mistakes.join('; ')}`, {
    remedy: ['docs/lab.md describes stories; arpcheck lab list names those that come along'],
  })
}

function issueText(issue: z.core.$ZodIssue, document: Document, lines: LineCounter): string {
  const path = issue.path.map(String)
  const node = document.getIn(path, true)
  const line = isNode(node) && node.range ? `line ${lines.linePos(node.range[0]).line}, ` : ''
  const message = issue.code === 'invalid_key' ? issue.issues[0]!.message : issue.message
  return `${line}${path.join('.') || 'story'}: ${message}`
}

/** An object that refuses unknown keys and names the nearest known one. */
function object<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys, shape) : undefined),
  })
}

function unknownKeys(keys: readonly string[], shape: object): string {
  return keys.map((key) => `unknown key ${JSON.stringify(key)}${meant(key, Object.keys(shape))}`).join(', ')
}

function oneOf<const Value extends string>(values: readonly Value[], what: string): z.ZodType<Value> {
  return z.enum(values as readonly [Value, ...Value[]], {
    error: ({ input }) =>
      input === undefined
        ? `a ${what} is missing`
        : `${JSON.stringify(input)} is no ${what}${meant(typeof input === 'string' ? input : '', values)}`,
  })
}

function meant(word: string, known: readonly string[]): string {
  const guess = nearest(word, known)
  return guess === undefined ? `; known: ${known.join(', ')}` : `; did you mean ${JSON.stringify(guess)}?`
}

/** `release nuc-4 192.168.1.60` → verb, host and the address that some verbs need. */
function faultOf(text: string, context: z.RefinementCtx): Fault {
  const [verb = '', host = '', argument = '', ...rest] = text.trim().split(/\s+/)
  const address = parseIp(argument) ?? null
  if (!isFaultVerb(verb)) context.addIssue(`${JSON.stringify(verb)} is no fault${meant(verb, FAULT_VERBS)}`)
  else if (needsAddress(verb) !== (address !== null) || rest.length > 0)
    context.addIssue(`write: ${verb} HOST${needsAddress(verb) ? ' ADDRESS' : ''}`)
  else return { verb, host, address }
  return z.NEVER
}

/** A command line without quoting or expansion: the words of one `arpcheck …`. */
function argumentsOf(text: string, context: z.RefinementCtx): string[] {
  const [program, ...words] = text.trim().split(/\s+/)
  if (program === 'arpcheck') return words
  context.addIssue('a run starts with the word arpcheck')
  return z.NEVER
}
