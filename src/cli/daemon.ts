import { readFileSync, statSync } from 'node:fs'
import { ArpcheckError } from '../errors.ts'
import { WebConfigFile } from '../metrics/web/files.ts'
import { MOST_BYTES } from '../strict-yaml.ts'
import { readArgumentsOf } from './arguments.ts'
import { DAEMON_FLAGS } from './daemon/flags.ts'
import { daemonHelp } from './daemon/help.ts'
import { configText } from './daemon/print.ts'
import { readDaemonConfig } from './daemon/read.ts'
import { write, type World } from './streams.ts'

/** `arpcheck daemon …`: argv → exit code. */
export async function daemonCommand(argv: readonly string[], world: World): Promise<number> {
  const { flags } = readArgumentsOf(DAEMON_FLAGS, argv, 'arpcheck daemon --help')
  if (flags.has('help')) return print(daemonHelp(), world)
  const read = readDaemonConfig(argv, world.env, readSettingsFile)
  // what is wrong with it is told before anything is begun
  if (read.config.webConfigFile !== null) new WebConfigFile(read.config.webConfigFile, () => {}).current()
  if (flags.has('check-config'))
    return print(`The configuration is good (file: ${read.file ?? 'none'}).\n`, world)
  throw new ArpcheckError('usage', 'This build only checks the configuration of the daemon.', {
    remedy: ['arpcheck daemon --check-config'],
  })
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
