import * as z from 'zod'
import { FINDINGS, type FindingCode } from '../core/findings.ts'
import { parseMac } from '../core/mac.ts'
import { UNKNOWN_REASONS, VERDICTS } from '../core/verdict.ts'
import { needsSpeaker } from './faults.ts'
import { BUILT_IN_NAMES } from './hosts.ts'
import {
  commandText,
  conditionText,
  faultText,
  hostName,
  ipText,
  macText,
  meant,
  networkText,
  nicName,
  object,
  oneOf,
} from './words.ts'

const code = oneOf(Object.keys(FINDINGS) as FindingCode[], 'finding code')

const vipExpectation = object({
  /** `absent`: not in the report, because the run ended before it could be judged. */
  verdict: oneOf([...VERDICTS, 'absent'], 'verdict'),
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
  /** Frames that arpcheck set aside, by reason. */
  ignored: z.record(z.string(), z.int()).optional(),
  /** Words that are on stderr. */
  says: z.array(z.string()).default([]),
})

const speaker = object({
  announces: z.array(ipText),
  interfaces: z.array(z.string()).optional(),
  muted: z.boolean().optional(),
  delayMs: z.number().min(0).max(10_000).optional(),
  loss: z.number().min(0).max(1).optional(),
  copies: z.int().min(1).max(100).optional(),
  mac: macText.optional(),
  deaf: oneOf(['broadcast'], 'kind of deafness').optional(),
  vlan: z.int().min(0).max(4094).optional(),
})

const hostShape = object({
  address: ipText.optional(),
  mac: macText.optional(),
  nics: z.record(nicName, object({ mac: macText.optional() })).optional(),
  bridge: macText.optional(),
  owns: z.array(networkText).optional(),
  proxies: z.array(networkText).optional(),
  arpIgnore: z.int().min(0).max(8).optional(),
  speaker: speaker.optional(),
})

const act = object({
  note: z.string().optional(),
  fault: faultText.optional(),
  /** Milliseconds. */
  wait: z.int().min(0).max(10_000).optional(),
  until: conditionText.optional(),
  run: commandText.optional(),
  on: hostName.optional(),
  expect: expectation.optional(),
})

const step = object({
  ...act.shape,
  /** What happens while arpcheck runs, beginning with it. */
  while: z.array(act.superRefine(isOneAct)).optional(),
}).superRefine(isOneAct)

/** A story file, whole. */
export const storyShape = object({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, { error: 'a name is lower-case words joined by dashes' }),
  tells: z.string().min(1),
  /** 0.1: what MetalLB repeats within 5 s is repeated within 0.5 s. */
  timeScale: z.number().min(0.01).max(10).default(1),
  hosts: z.record(hostName, hostShape).default({}),
  steps: z.array(step).min(1),
}).superRefine(checkNames)

/** One story: who is on the segment, what happens, and what arpcheck must say of it. */
export type Story = z.infer<typeof storyShape>
export type Step = z.infer<typeof step>
/** One thing that is done, by itself or while arpcheck runs. */
export type Act = z.infer<typeof act>
export type Expectation = z.infer<typeof expectation>
export type VipExpectation = z.infer<typeof vipExpectation>

type Refuse = (message: string, ...path: (string | number)[]) => void

function isOneAct(one: Act & { while?: unknown }, context: z.RefinementCtx): void {
  const { note, fault, wait, until, run } = one
  const kinds = [note, fault, wait, until, run].filter((kind) => kind !== undefined)
  if (kinds.length !== 1) context.addIssue('a step is exactly one of note, fault, wait, until and run')
  if (run === undefined && (one.on ?? one.expect ?? one.while) !== undefined)
    context.addIssue('only a run has "on", "expect" and "while"')
}

/** Every name of a host must be one of the segment's. */
function checkNames({ hosts, steps }: Story, context: z.RefinementCtx): void {
  const refuse: Refuse = (message, ...path) => context.addIssue({ code: 'custom', path, message })
  for (const [name, { address }] of Object.entries(hosts)) {
    if (!BUILT_IN_NAMES.includes(name) && !address)
      refuse('a host of your own needs an address', 'hosts', name)
  }
  steps.forEach((one, i) => {
    checkAct(one, hosts, (message, ...path) => refuse(message, 'steps', i, ...path))
    one.while?.forEach((meanwhile, j) =>
      checkAct(meanwhile, hosts, (message, ...path) => refuse(message, 'steps', i, 'while', j, ...path)),
    )
  })
}

function checkAct({ fault, on, expect }: Act, hosts: Story['hosts'], refuse: Refuse): void {
  const names = [...BUILT_IN_NAMES, ...Object.keys(hosts)]
  const strange = (name: string) => `there is no host ${JSON.stringify(name)}${meant(name, names)}`
  if (fault && !names.includes(fault.host)) refuse(strange(fault.host), 'fault')
  else if (fault && needsSpeaker(fault.verb) && !hosts[fault.host]?.speaker)
    refuse(`${fault.host} has no speaker`, 'fault')
  if (on && !names.includes(on)) refuse(strange(on), 'on')
  for (const [vip, { answered = [] }] of Object.entries(expect?.vips ?? {})) {
    const unknown = answered.find((who) => !parseMac(who) && !names.includes(who))
    if (unknown) refuse(strange(unknown), 'expect', 'vips', vip, 'answered')
  }
}
