import { setFlagsFromString } from 'node:v8'
import { check, type CheckOptions } from '../check.ts'
import { exitCode } from '../core/exit.ts'
import type { Ip } from '../core/ip.ts'
import { paceOf } from '../core/pace.ts'
import type { Report } from '../core/report.ts'
import { readTargets, type Target } from '../core/targets.ts'
import { ArpcheckError, type ErrorCode } from '../errors.ts'
import type { Wait } from '../options.ts'
import { checkByCluster } from './bycluster.ts'
import { cacheFolder, VipCache } from './cache.ts'
import type { Prepared } from './edges.ts'
import type { Settings } from './flags.ts'
import type { Stage } from './progress.ts'
import { named } from './named.ts'
import { render } from './screens/render.ts'
import { styleFor } from './screens/style.ts'
import { plural } from './screens/units.ts'
import { INTERRUPTED, inSession, type Setting } from './session.ts'
import { write, type World } from './streams.ts'
import { tellNote, tellTrouble } from './tell.ts'
import { unreadNotes } from './unread.ts'

/** `arpcheck [ADDRESS …]`: asks, judges, prints the report on stdout, and returns the exit code. */
export async function checkCommand(
  words: readonly string[],
  settings: Settings,
  world: World,
): Promise<number> {
  const [wanted, troubles] = [readOptions(words, settings), [] as ArpcheckError[]]
  const setting = { settings, world, troubles, stage: stageOf(wanted) }
  const judged = await inSession(wanted, setting, (prepared, signal) => run(prepared, setting, signal))
  if (judged === null) {
    tellNote('Interrupted before anything was asked.', world)
    return INTERRUPTED
  }
  const report = await named(judged)
  if (settings.quiet < 2)
    for (const note of unreadNotes(report.metallb?.unread ?? [], settings.verbose)) tellNote(note, world)
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

/**
 * Thousands of addresses make nearly all code look hot once, and a run that is over in a moment pays for compilers that work
 * beside it: half of its processor time. Once all code is loaded, as caches of code are refused under other flags.
 */
function optimiseLater(): void {
  setFlagsFromString('--interrupt-budget=1000000')
}

function run(
  { options, edges: live, cluster }: Prepared,
  setting: Setting,
  signal: AbortSignal,
): Promise<Report> {
  const { settings, world, stage } = setting
  const edges = { ...live, onWait: waiting(setting) }
  Object.assign(stage, stageOf(options))
  if (options.sweep && cluster === null) optimiseLater()
  if (cluster === null) return check(options, edges, signal)
  stage.what = 'reading the cluster'
  const task = {
    options,
    edges,
    cluster,
    cache: cacheOf(cluster.origin, settings, world),
    namespace: settings['metallb-namespace'],
    memberlist: settings.memberlist,
    speakerMetrics: settings['speaker-metrics'],
    onRead: (count: number) => Object.assign(stage, stageOf(options, count)),
    tell: (note: string) => tellNote(note, world),
    remark: (note: string) => settings.verbose > 0 && tellNote(note, world),
  }
  return checkByCluster(task, signal)
}

/** Told once; what a person sees meanwhile is the progress. */
export function waiting({ settings, world, stage }: Setting): (wait: Wait) => void {
  let isTold = settings.quiet > 1
  return ({ vips, forMs, finding: { message, why } }) => {
    Object.assign(stage, {
      what: `waiting for ${plural(vips.length, 'VIP')} to settle`,
      aboutMs: stage.aboutMs + forMs,
    })
    if (isTold) return
    isTold = true
    const more =
      vips.length > 1 ? `, and ${plural(vips.length - 1, 'more VIP', 'more VIPs')} may settle too` : ''
    tellNote(
      `${message}${why[0] ? ` (${why[0]})` : ''}${more}. Asking again until then; --no-settle judges at once.`,
      world,
    )
  }
}

function cacheOf(origin: string, settings: Settings, { env }: World): VipCache | null {
  const folder = settings['no-cache'] ? null : cacheFolder(env)
  return folder === null ? null : new VipCache(folder, origin)
}

/** What a person who waits is told, and for how long it will be. */
export function stageOf(options: CheckOptions, count = options.targets.length): Stage {
  return {
    what: `asking for ${plural(count, 'address', 'addresses')}`,
    aboutMs: expectedMs(options, count),
  }
}

function expectedMs({ count: times, intervalMs, timeoutMs, rate }: CheckOptions, count: number): number {
  const { gapNs, passMs } = paceOf(count, intervalMs, rate)
  return (times - 1) * passMs + (count * gapNs) / 1e6 + timeoutMs
}

/** Settings and addresses as the check wants them; throws a usage error. */
export function readOptions(words: readonly string[], settings: Settings): CheckOptions {
  if (words.length === 0) requireCluster(settings)
  if (settings.memberlist === 'require' && (settings['no-kube'] || settings.replay !== null))
    throw new ArpcheckError(
      'usage',
      `--memberlist require needs a cluster: not with --${settings['no-kube'] ? 'no-kube' : 'replay'}.`,
    )
  if (settings.udp)
    throw new ArpcheckError('usage', '--udp asks speakers, not addresses.', {
      remedy: ['arpcheck members --udp'],
    })
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
    sweep: settings.sweep,
    settle: !settings['no-settle'],
  }
}

function requireCluster(settings: Settings): void {
  if (!settings['no-kube'] && settings.replay === null) return
  const why = settings.replay === null ? 'without a cluster arpcheck asks' : 'a capture is judged'
  throw new ArpcheckError('usage', `No address is given: ${why} for those it is told.`, {
    remedy: [
      'For example:  arpcheck --no-kube 192.168.1.60',
      'Or a pool:    arpcheck --no-kube 192.168.1.60-79',
    ],
  })
}

function freeAddresses(settings: Settings): readonly Ip[] {
  const free = addresses(settings['must-be-free'], settings.yes)
  const owned = free.find(({ macs, node }) => macs !== null || node !== undefined)
  if (owned)
    throw new ArpcheckError(
      'usage',
      `--must-be-free takes an address without an owner, not ${owned.vip}=${owned.node ?? 'MAC'}.`,
    )
  return free.map(({ vip }) => vip)
}

function addresses(words: readonly string[], confirmed: boolean): readonly Target[] {
  const read = readTargets(words, { confirmed })
  if ('message' in read) throw new ArpcheckError('usage', read.message, { remedy: read.remedy })
  return read
}
