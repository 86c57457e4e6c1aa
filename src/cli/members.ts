import { systemClock } from '../clock.ts'
import { membersExitCode } from '../core/exit.ts'
import { plural } from './screens/units.ts'
import { ArpcheckError } from '../errors.ts'
import { readMembers, type Members } from '../members.ts'
import { openCluster } from './cluster.ts'
import type { Settings } from './flags.ts'
import { onInterrupt } from './interrupt.ts'
import { showProgress } from './progress.ts'
import { sealNow } from './sealing.ts'
import { renderMembers } from './screens/members-render.ts'
import { styleFor } from './screens/style.ts'
import { write, type World } from './streams.ts'
import { tellNote } from './tell.ts'

const INTERRUPTED = 130
/** A dead node's speaker takes so long not to answer. */
const EXPECTED_MS = 3000

/** `arpcheck members`: every speaker's own member view, side by side; returns the exit code. */
export async function membersCommand(
  words: readonly string[],
  settings: Settings,
  world: World,
): Promise<number> {
  refuse(words, settings)
  const members = await readAll(settings, world)
  if (members === null) {
    tellNote('Interrupted before a speaker had answered.', world)
    return INTERRUPTED
  }
  const style = styleFor(settings, world.env, world.stdout.isTTY)
  await write(world.stdout, await renderMembers(members, settings, style))
  return membersExitCode(members.report, settings['fail-on'])
}

function refuse(words: readonly string[], settings: Settings): void {
  if (words.length > 0)
    throw new ArpcheckError(
      'usage',
      `arpcheck members asks all speakers; it takes no ${plural(words.length, 'word')}.`,
      {
        remedy: ['arpcheck members -o wide  shows whom each view elects for each VIP'],
      },
    )
  const flag = (['no-kube', 'replay'] as const).find(
    (name) => settings[name] !== false && settings[name] !== null,
  )
  if (flag !== undefined)
    throw new ArpcheckError(
      'usage',
      `Which speakers there are is known from the cluster: not with --${flag}.`,
    )
  if (settings.memberlist === 'off')
    throw new ArpcheckError('usage', 'arpcheck members reads member lists: not with --memberlist off.')
}

/** Null where Ctrl-C came before the cluster was read. */
async function readAll(settings: Settings, world: World): Promise<Members | null> {
  const cluster = await openCluster(settings, world)
  const { signal, release } = onInterrupt()
  const done = new AbortController()
  const stage = { what: 'asking the speakers', aboutMs: EXPECTED_MS }
  const progress = showProgress(world, stage, systemClock, done.signal)
  try {
    const readCluster: typeof cluster.read = async (stop) => {
      const snapshot = await cluster.read(stop)
      // whoever speaks next is no API server
      sealNow(settings, world)
      return snapshot
    }
    const edges = { clock: systemClock, readCluster, views: cluster.views }
    return await readMembers(edges, { udp: settings.udp }, signal)
  } catch (error) {
    if (signal.aborted && !(error instanceof ArpcheckError)) return null
    throw error
  } finally {
    release()
    await cluster.close()
    done.abort()
    await progress
  }
}
