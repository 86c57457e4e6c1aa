import { KUBECONFIG } from './cluster/api.ts'
import type { LabCluster } from './cluster/cluster.ts'
import type { Daemons } from './daemons.ts'
import { checkRun } from './expect.ts'
import { injectFault } from './faults.ts'
import { CLIENT, type LabHost } from './hosts.ts'
import type { Order, RunTold, Told } from './protocol.ts'
import type { Recorder } from './recorder.ts'
import { execOn } from './segment.ts'
import type { Speaker } from './speakers.ts'
import type { Act, Step, Story } from './shape.ts'
import { changeWords, durationWords } from './words.ts'

const RUN_MS = 60_000

/** The segment as it stands, and what is needed to act on it. */
export interface World {
  readonly hosts: readonly LabHost[]
  readonly speakers: ReadonlyMap<string, Speaker>
  readonly cluster: LabCluster | null
  readonly recorder: Recorder
  /** Null where the story has none. */
  readonly daemons: Daemons | null
  readonly order: Order
  readonly tell: (told: Told) => Promise<void>
}

type Run = Act & { readonly run: string[] }

/** Plays a story's steps, top to bottom, telling each; true when every expectation held. */
export async function play(story: Story, world: World): Promise<boolean> {
  let passed = true
  for (const step of story.steps) passed = (await playStep(step, world)) && passed
  return passed
}

/** What happens meanwhile begins with arpcheck; both are over when this resolves. */
async function playStep({ while: meanwhile = [], ...act }: Step, world: World): Promise<boolean> {
  const before = countsOf(meanwhile, world)
  const alone = meanwhile.length === 0
  const all = await Promise.all([
    playAct(act, { world, alone, before }),
    ...(alone ? [] : [playAll(meanwhile, { world, alone, before })]),
  ])
  return all.every(Boolean)
}

interface Stage {
  readonly world: World
  /** Nothing else happens meanwhile: a question can be asked again for the table. */
  readonly alone: boolean
  /** Who-has seen when the step began, by address. */
  readonly before: ReadonlyMap<string, number>
}

async function playAll(acts: readonly Act[], stage: Stage): Promise<boolean> {
  let passed = true
  for (const act of acts) passed = (await playAct(act, stage)) && passed
  return passed
}

async function playAct(act: Act, stage: Stage): Promise<boolean> {
  const { world } = stage
  if (act.note !== undefined) await world.tell({ told: 'note', text: act.note })
  if (act.wait !== undefined) await new Promise((resolve) => setTimeout(resolve, act.wait))
  if (act.until) await playUntil(act.until, stage)
  if (act.fault) await playFault(act.fault, world)
  if (act.later !== undefined) await playLater(act.later, world)
  if (act.cluster) await playChange(act.cluster, world)
  return act.run === undefined || playRun({ ...act, run: act.run }, stage)
}

async function playUntil(until: NonNullable<Act['until']>, { world, before }: Stage): Promise<void> {
  if ('metric' in until) return world.daemons!.until(until)
  await world.recorder.untilAsked(until.ip, (before.get(until.ip) ?? 0) + until.count)
}

async function playFault(fault: NonNullable<Act['fault']>, world: World): Promise<void> {
  const { hosts, speakers, cluster, daemons, tell } = world
  const atMs = Date.now()
  const { verb, host: name, address } = fault
  const host = hosts.find((one) => one.name === name)
  if (host) await injectFault(fault, { host, speaker: speakers.get(host.name) })
  daemons?.befall(fault)
  await cluster?.befall(fault)
  await tell({ told: 'fault', text: [verb, name, address].filter((word) => word !== null).join(' '), atMs })
}

async function playLater(ms: number, { cluster, tell }: World): Promise<void> {
  await cluster!.later(ms)
  await tell({ told: 'note', text: `${durationWords(ms)} later` })
}

async function playChange(patch: NonNullable<Act['cluster']>, { cluster, tell }: World): Promise<void> {
  const atMs = Date.now()
  await cluster!.change(patch)
  await tell({ told: 'fault', text: changeWords(patch), atMs })
}

async function playRun(run: Run, { world, alone }: Stage): Promise<boolean> {
  const told = await ask(run, world, alone)
  await world.tell({ told: 'run', ...told })
  return told.checks.every(({ ok }) => ok)
}

/** One question as JSON for the expectations and, where somebody reads along, the same again as people see it. */
async function ask(
  { run, on = CLIENT, expect }: Run,
  { hosts, order, cluster }: World,
  alone: boolean,
): Promise<RunTold> {
  const env = cluster ? { KUBECONFIG } : {}
  const start = (args: readonly string[]) =>
    execOn(on, process.execPath, [order.arpcheck, ...args], { timeoutMs: RUN_MS, env })
  const asked = await start([...run, '-o', 'json'])
  const report = reportOf(asked.stdout)
  const shown = order.show && alone ? await start(run) : null
  const told = {
    command: ['arpcheck', ...run].join(' '),
    on,
    exit: asked.code,
    report,
    stderr: asked.stderr,
    shown: shown && shown.stderr + shown.stdout,
  }
  return { ...told, checks: expect ? checkRun(expect, told, hosts) : [] }
}

function countsOf(acts: readonly Act[], { recorder }: World): Map<string, number> {
  return new Map(
    acts.flatMap(({ until }) => (until && 'ip' in until ? [[until.ip, recorder.asked(until.ip)]] : [])),
  )
}

function reportOf(stdout: string): RunTold['report'] {
  try {
    return JSON.parse(stdout) as RunTold['report']
  } catch {
    return null
  }
}
