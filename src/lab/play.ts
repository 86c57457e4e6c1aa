import type { Report } from '../core/report.ts'
import { checkRun } from './expect.ts'
import { injectFault } from './faults.ts'
import { CLIENT, type LabHost } from './hosts.ts'
import type { Order, RunTold, Told } from './protocol.ts'
import { execOn } from './segment.ts'
import type { Step, Story } from './story.ts'

const RUN_MS = 30_000

/** Plays a story's steps in a built segment, top to bottom, telling each; true when every expectation held. */
export async function play(
  story: Story,
  hosts: readonly LabHost[],
  order: Order,
  tell: (told: Told) => Promise<void>,
): Promise<boolean> {
  let passed = true
  for (const step of story.steps) {
    if (step.note !== undefined) await tell({ told: 'note', text: step.note })
    if (step.fault) {
      await tell({
        told: 'fault',
        text: [step.fault.verb, step.fault.host, step.fault.address ?? ''].join(' ').trim(),
      })
      await injectFault(step.fault)
    }
    if (!step.run) continue
    const told = await runStep({ ...step, run: step.run }, hosts, order)
    await tell({ told: 'run', ...told })
    passed &&= told.checks.every(({ ok }) => ok)
  }
  return passed
}

/** One question as JSON for the expectations and, where somebody reads along, the same again as people see it. */
async function runStep(
  step: Step & { run: string[] },
  hosts: readonly LabHost[],
  order: Order,
): Promise<RunTold> {
  const on = step.on ?? CLIENT
  const ask = (args: readonly string[]) =>
    execOn(on, process.execPath, [order.arpcheck, ...args], { timeoutMs: RUN_MS })
  const asked = await ask([...step.run, '-o', 'json'])
  const report = reportOf(asked.stdout)
  const shown = order.show ? await ask(step.run) : asked
  const told = {
    command: ['arpcheck', ...step.run].join(' '),
    on,
    exit: asked.code,
    report,
    shown: shown.stderr + shown.stdout,
  }
  return { ...told, checks: step.expect ? checkRun(step.expect, told, hosts) : [] }
}

function reportOf(stdout: string): Report | null {
  try {
    return JSON.parse(stdout) as Report
  } catch {
    return null
  }
}
