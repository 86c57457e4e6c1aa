import { readFileSync, statSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { systemClock } from '../clock.ts'
import type { DaemonConfig } from '../core/watch/config.ts'
import { runDaemon } from '../daemon.ts'
import { openLiveDaemon } from '../daemon-live.ts'
import { ArpcheckError } from '../errors.ts'
import { logFile, openLog } from '../log.ts'
import { WebConfigFile } from '../metrics/web/files.ts'
import { MOST_BYTES } from '../strict-yaml.ts'
import { readArgumentsOf } from './arguments.ts'
import { DAEMON_FLAGS } from './daemon/flags.ts'
import { daemonHelp } from './daemon/help.ts'
import { configText } from './daemon/print.ts'
import { readDaemonConfig } from './daemon/read.ts'
import { onInterrupt } from './interrupt.ts'
import { lessenDaemon, sealDaemon } from './sealing.ts'
import { write, type World } from './streams.ts'

declare const ARPCHECK_VERSION: string

/** `arpcheck daemon …`: argv → exit code. */
export async function daemonCommand(argv: readonly string[], world: World): Promise<number> {
  const { flags } = readArgumentsOf(DAEMON_FLAGS, argv, 'arpcheck daemon --help')
  if (flags.has('help')) return print(daemonHelp(), world)
  const read = readDaemonConfig(argv, world.env, readSettingsFile)
  // what is wrong with it is told before anything is begun
  if (read.config.webConfigFile !== null) new WebConfigFile(read.config.webConfigFile, () => {}).current()
  if (flags.has('check-config'))
    return print(`The configuration is good (file: ${read.file ?? 'none'}).\n`, world)
  return watchUntilStopped(argv, read.config, world)
}

/** V8 would let the space of what is young grow to 48 MB for one burst, and keep it: at its first size a daemon lives well. */
const SMALL_YOUNG = '--semi-space-growth-factor=1'
/** So little is young at a time that to wake four threads for it costs more than it saves. */
const ALONE = '--no-parallel-scavenge'
/** Whatever hangs by then is cut off: a pod that is deleted should be gone. */
const STOP_MS = 1800

async function watchUntilStopped(
  argv: readonly string[],
  config: DaemonConfig,
  world: World,
): Promise<number> {
  lessenDaemon(world)
  setFlagsFromString(SMALL_YOUNG)
  setFlagsFromString(ALONE)
  const out = logFile(2)
  const log = openLog({ level: config.logLevel, format: config.logFormat, out })
  const { signal, release } = onInterrupt()
  const closed = new AbortController()
  signal.addEventListener('abort', () => void cutOff(closed.signal), { once: true })
  const daemon = await openLiveDaemon(config, world.env, log).catch(tellDaemon)
  sealDaemon(daemon.startsPrograms, world, (why) => log.warn?.('some rights are not given up', { why }))
  try {
    const readConfig = (): DaemonConfig => readDaemonConfig(argv, world.env, readSettingsFile).config
    await runDaemon({ config, readConfig, build: BUILD, onReload: onHangUp }, daemon.edges, signal)
  } finally {
    release()
    await daemon.close()
    await out.close()
    closed.abort()
  }
  return 0
}

/** What helps a one-shot, --no-kube, is not there for a daemon. */
function tellDaemon(error: unknown): never {
  if (!(error instanceof ArpcheckError) || (error.code !== 'kubeconfig' && error.code !== 'no-kubeconfig'))
    throw error
  const remedy = error.remedy.map((one) => one.replace(/; --no-kube .*/, ''))
  throw new ArpcheckError(error.code, error.message, { remedy, cause: error })
}

async function cutOff(closed: AbortSignal): Promise<void> {
  await systemClock.sleep(STOP_MS, closed)
  if (!closed.aborted) process.exit(0)
}

const BUILD = { version: ARPCHECK_VERSION, revision: '', runtime: `node ${process.version}` }

function onHangUp(reload: () => void): () => void {
  process.on('SIGHUP', reload)
  return () => process.off('SIGHUP', reload)
}

/** `arpcheck config …`: what a daemon with these flags, here, would go by. */
export async function configCommand(argv: readonly string[], world: World): Promise<number> {
  const { flags } = readArgumentsOf(DAEMON_FLAGS, argv, 'arpcheck daemon --help')
  if (flags.has('help')) return print(daemonHelp(), world)
  return print(configText(readDaemonConfig(argv, world.env, readSettingsFile)), world)
}

/** A file of settings; what is larger, or no file at all, is none. */
export function readSettingsFile(path: string): string {
  const facts = statSync(path)
  if (!facts.isFile() || facts.size > MOST_BYTES)
    throw new Error(`it is no file of at most ${MOST_BYTES} bytes`)
  return readFileSync(path, 'utf8')
}

async function print(text: string, world: World): Promise<number> {
  await write(world.stdout, text)
  return 0
}
