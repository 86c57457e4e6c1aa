import * as z from 'zod'
import { FINDINGS, type FindingCode } from '../core/findings.ts'
import { UNKNOWN_REASONS, VERDICTS } from '../core/verdict.ts'
import { CLASSES, RIVALS, SCENARIOS } from './catalogue.ts'
import { clusterShape } from './cluster/shape.ts'
import { checkNames } from './names.ts'
import {
  anyIpText,
  commandText,
  conditionText,
  durationText,
  faultText,
  hostName,
  ipText,
  macText,
  networkText,
  nicName,
  numbersOf,
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
  /** Nodes that anybody elects. */
  elected: z.array(hostName).optional(),
  /** Nodes that MetalLB wrote down. */
  recorded: z.array(hostName).optional(),
  /** Nodes whose speaker says that it announces the address; read with --speaker-metrics alone. */
  claimed: z.array(hostName).optional(),
  findings: z.array(code).optional(),
  /** Words of its findings: of what they say, why, and what to try. */
  why: z.array(z.string()).default([]),
  /** How it is known who should answer. */
  source: oneOf(['memberlist', 'inferred', 'static', 'any', 'none'], 'source').optional(),
})

const expectation = object({
  exit: z.int().min(0).max(255),
  vips: z.record(anyIpText, vipExpectation).default({}),
  /** How many addresses the report is about. */
  total: z.int().min(0).optional(),
  /** Addresses that are listed and not judged, with the Service that has them. */
  outOfScope: z.record(anyIpText, z.string()).optional(),
  canaries: z.record(ipText, oneOf(['answered', 'silent'], 'canary state')).default({}),
  findings: z.array(code).optional(),
  /** Speaker → whom it counts, or why its view could not be read. */
  views: z.record(hostName, z.union([z.array(hostName), z.string()])).optional(),
  /** Frames that arpcheck set aside, by reason. */
  ignored: z.record(z.string(), z.int()).optional(),
  /** Words that are on stderr. */
  says: z.array(z.string()).default([]),
})

const speaker = object({
  announces: z.array(ipText).optional(),
  interfaces: z.array(z.string()).optional(),
  muted: z.boolean().optional(),
  delayMs: z.number().min(0).max(10_000).optional(),
  loss: z.number().min(0).max(1).optional(),
  copies: z.int().min(1).max(100).optional(),
  mac: macText.optional(),
  gagged: z.boolean().optional(),
  deaf: oneOf(['broadcast', 'all'], 'kind of deafness').optional(),
  vlan: z.int().min(0).max(4094).optional(),
})

const hostShape = object({
  address: ipText.optional(),
  mac: macText.optional(),
  nics: z.record(nicName, object({ mac: macText.optional() })).optional(),
  bridge: macText.optional(),
  owns: z.array(networkText).optional(),
  proxies: z.array(networkText).optional(),
  neighbours: z.record(ipText, macText).optional(),
  arpIgnore: z.int().min(0).max(8).optional(),
  speaker: speaker.optional(),
})

const act = object({
  note: z.string().optional(),
  fault: faultText.optional(),
  /** Milliseconds. */
  wait: z.int().min(0).max(10_000).optional(),
  until: conditionText.optional(),
  /** Skips ahead in the cluster's time. */
  later: durationText.optional(),
  /** What becomes of the cluster: laid over what the story says of it, null takes away. */
  cluster: z.record(z.string(), z.unknown()).optional(),
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
  /** What it shows, by the numbers in `catalogue.ts`. */
  classes: numbersOf(CLASSES),
  scenarios: numbersOf(SCENARIOS),
  rivals: numbersOf(RIVALS),
  /** 0.1: what MetalLB repeats within 5 s is repeated within 0.5 s. */
  timeScale: z.number().min(0.01).max(10).default(1),
  hosts: z.record(hostName, hostShape).default({}),
  cluster: clusterShape.optional(),
  steps: z.array(step).min(1),
}).superRefine(checkNames)

/** One story: who is on the segment, what happens, and what arpcheck must say of it. */
export type Story = z.infer<typeof storyShape>
export type Step = z.infer<typeof step>
/** One thing that is done, by itself or while arpcheck runs. */
export type Act = z.infer<typeof act>
export type Expectation = z.infer<typeof expectation>
export type VipExpectation = z.infer<typeof vipExpectation>

function isOneAct(one: Act & { while?: unknown }, context: z.RefinementCtx): void {
  const { note, fault, wait, until, later, cluster, run } = one
  const kinds = [note, fault, wait, until, later, cluster, run].filter((kind) => kind !== undefined)
  if (kinds.length !== 1)
    context.addIssue('a step is exactly one of note, fault, wait, until, later, cluster and run')
  if (run === undefined && (one.on ?? one.expect ?? one.while) !== undefined)
    context.addIssue('only a run has "on", "expect" and "while"')
}
