import { check, type CheckOptions } from '../check.ts'
import { systemClock } from '../clock.ts'
import { exitCode } from '../core/exit.ts'
import type { Ip } from '../core/ip.ts'
import { paceOf } from '../core/pace.ts'
import type { Report } from '../core/report.ts'
import { readTargets, type Target } from '../core/targets.ts'
import { ArpcheckError, type ErrorCode } from '../errors.ts'
import { prepare } from './edges.ts'
import type { Settings } from './flags.ts'
import { onInterrupt } from './interrupt.ts'
import { showProgress } from './progress.ts'
import { render } from './screens/render.ts'
import { styleFor } from './screens/style.ts'
import { plural } from './screens/units.ts'
import { write, type World } from './streams.ts'
import { tellNote, tellTrouble } from './tell.ts'

/** `arpcheck ADDRESS …`: asks, judges, prints the report on stdout, and returns the exit code. */
export async function checkCommand(
  words: readonly string[],
  settings: Settings,
  world: World,
): Promise<number> {
  const troubles: ArpcheckError[] = []
  const report = await ask(readOptions(words, settings), settings, { world, troubles })
  const style = styleFor(settings, world.env, world.stdout.isTTY)
  const { output, quiet, verbose } = settings
  await write(world.stdout, await render(report, { output, quiet, verbose }, style))
  const failures = [...errorsIn(report), ...troubles].map((error) => tellTrouble(error, [], world))
  const code = exitCode(report, {
    failOn: settings['fail-on'],
    requireExpectation: settings['require-expectation'],
  })
  // what failed beside the check (a recording) must not pass for success, nor hide what the check found
  return code === 0 || code === 4 ? (failures[0] ?? code) : code
}

/** What ended the asking early is told after what was known by then. */
function errorsIn({ errors }: Report): ArpcheckError[] {
  return errors.map(
    ({ code, message, next }) => new ArpcheckError(code as ErrorCode, message, { remedy: next }),
  )
}

/** Asks until all is known or Ctrl-C; what goes wrong beside it is added to `troubles`. */
async function ask(
  wanted: CheckOptions,
  settings: Settings,
  { world, troubles }: { world: World; troubles: ArpcheckError[] },
): Promise<Report> {
  const { options, edges, notes, close } = await prepare(
    wanted,
    settings,
    (error) => void troubles.push(error),
  )
  for (const note of notes) tellNote(note, world)
  const { signal, release } = onInterrupt()
  const done = new AbortController()
  const progress = showProgress(world, progressOf(options), systemClock, done.signal)
  try {
    return await check(options, edges, signal)
  } finally {
    release()
    close()
    done.abort()
    await progress
  }
}

function progressOf(options: CheckOptions): { what: string; aboutMs: number } {
  const what = `asking for ${plural(options.targets.length, 'address', 'addresses')}`
  return { what, aboutMs: expectedMs(options) }
}

function expectedMs({ targets, count, intervalMs, timeoutMs, rate }: CheckOptions): number {
  const { gapNs, passMs } = paceOf(targets.length, intervalMs, rate)
  return (count - 1) * passMs + (targets.length * gapNs) / 1e6 + timeoutMs
}

/** Settings and addresses as the check wants them; throws a usage error. */
export function readOptions(words: readonly string[], settings: Settings): CheckOptions {
  if (words.length === 0) {
    throw new ArpcheckError(
      'usage',
      'No address is given: without a cluster arpcheck asks for those it is told.',
      {
        remedy: ['For example:  arpcheck 192.168.1.60', 'Or a pool:    arpcheck 192.168.1.60-79'],
      },
    )
  }
  const targets = addresses(words, settings.yes)
  const mustBeFree = freeAddresses(settings)
  const both = targets.find(({ vip }) => mustBeFree.includes(vip))
  if (both)
    throw new ArpcheckError('usage', `${both.vip} cannot be asked for and be free at once (--must-be-free).`)
  return {
    targets,
    mustBeFree,
    interfaces: settings.iface,
    count: settings.count,
    intervalMs: settings.interval,
    timeoutMs: settings.timeout,
    rate: settings.rate,
    sender: settings.sender,
  }
}

function freeAddresses(settings: Settings): readonly Ip[] {
  const free = addresses(settings['must-be-free'], settings.yes)
  const owned = free.find(({ macs }) => macs !== null)
  if (owned)
    throw new ArpcheckError(
      'usage',
      `--must-be-free takes an address without an owner, not ${owned.vip}=MAC.`,
    )
  return free.map(({ vip }) => vip)
}

function addresses(words: readonly string[], confirmed: boolean): readonly Target[] {
  const read = readTargets(words, { confirmed })
  if ('message' in read) throw new ArpcheckError('usage', read.message, { remedy: read.remedy })
  return read
}
