import type { DaemonConfig } from '../../core/watch/config.ts'
import { ArpcheckError, reasonOf } from '../../errors.ts'
import { tellMistakes } from '../../strict-yaml.ts'
import { readArgumentsOf } from '../arguments.ts'
import { givenFor, type Environment } from '../settings.ts'
import { readConfigFile, type FileSettings } from './file.ts'
import {
  DAEMON_FLAG_NAMES,
  DAEMON_FLAGS,
  daemonFlag,
  FILE_KEYS,
  type DaemonFlagName,
  type DaemonSettings,
} from './flags.ts'

const USUAL_FILE = '/etc/arpcheck/arpcheck.yaml'

/** Where a value comes from: `--interval`, `ARPCHECK_INTERVAL`, `arpcheck.yaml:3`; null: nobody set it. */
export interface Origin {
  readonly from: 'flag' | 'environment' | 'file' | 'default'
  readonly where: string | null
  /** The value as it was written. */
  readonly texts: readonly string[]
}

export interface ReadConfig {
  readonly config: DaemonConfig
  /** By key of the file, in the order of the help. */
  readonly origins: ReadonlyMap<string, Origin>
  /** The file that was read. */
  readonly file: string | null
}

/** Flags, else the environment, else the file, else the default. Throws an ArpcheckError that names what is wrong, and where. */
export function readDaemonConfig(
  argv: readonly string[],
  env: Environment,
  readFile: (path: string) => string,
): ReadConfig {
  const { words, flags } = readArgumentsOf(DAEMON_FLAGS, argv, 'arpcheck daemon --help')
  if (words.length > 0)
    throw new ArpcheckError('usage', `arpcheck daemon takes no words, but "${words[0]}" is one.`)
  const { path, settings: filed } = fileSettings(flags.get('config'), env, readFile)
  const given = DAEMON_FLAG_NAMES.map((name) => [name, givenOf(name, flags.get(name), env, filed)] as const)
  const values = given.map(([name, { label, texts }]) => [name, daemonFlag(name).kind.read(texts, label)])
  const settings = Object.fromEntries(values) as DaemonSettings
  const byName = new Map(given)
  const origins = new Map(FILE_KEYS.map(({ name, key }) => [key, originOf(byName.get(name)!, path)]))
  refuseContradictions(settings, origins)
  return { config: Object.freeze(configOf(settings)), origins, file: path }
}

interface Found {
  readonly from: Origin['from']
  readonly label: string
  readonly texts: readonly string[]
  readonly line?: number
}

function givenOf(
  name: DaemonFlagName,
  typed: readonly string[] | undefined,
  env: Environment,
  filed: FileSettings,
): Found {
  const given = givenFor(name, daemonFlag(name), typed, env)
  const inFile = filed.get(name)
  return given.from === 'default' && inFile
    ? { from: 'file', label: daemonFlag(name).key!, ...inFile }
    : given
}

function originOf({ from, label, texts, line }: Found, path: string | null): Origin {
  return { from, texts, where: from === 'file' ? `${path}:${line}` : from === 'default' ? null : label }
}

function fileSettings(
  typed: readonly string[] | undefined,
  env: Environment,
  readFile: (path: string) => string,
): { readonly path: string | null; readonly settings: FileSettings } {
  const { from, label, texts } = givenFor('config', daemonFlag('config'), typed, env)
  const named = DAEMON_FLAGS.config.kind.read(texts, label)
  const path = named ?? USUAL_FILE
  const text = textOf(path, from === 'default', readFile)
  if (text === null) return { path: null, settings: new Map() }
  const { settings, mistakes } = readConfigFile(text)
  const [first, ...more] = tellMistakes(path, mistakes)
  if (first === undefined) return { path, settings }
  throw new ArpcheckError('config', first, { remedy: [...more, 'docs/configuration.md has every key.'] })
}

/** Null where the usual file is not there; one that was named must be. */
function textOf(path: string, mayMiss: boolean, readFile: (path: string) => string): string | null {
  try {
    return readFile(path)
  } catch (error) {
    if (mayMiss && error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new ArpcheckError('config', `Cannot read ${path}: ${reasonOf(error)}.`, { cause: error })
  }
}

/** What each setting alone cannot know. */
function refuseContradictions(settings: DaemonSettings, origins: ReadonlyMap<string, Origin>): void {
  const { interval, 'confirm-interval': confirm, listen, 'health-listen': health } = settings
  const refuse = (message: string, ...keys: readonly string[]): never => {
    const remedy = keys.map((key) => originLine(key, origins.get(key)!))
    throw new ArpcheckError('config', message, { remedy })
  }
  if (confirm > interval)
    refuse('Between two broadcasts there is no time for a confirmation.', 'interval', 'confirmInterval')
  if (listen.port === health.port) refuse('Both listeners have the same port.', 'listen', 'healthListen')
  if (settings.memberlist === 'off' && settings['memberlist-key-file'] !== null)
    refuse('A memberlist that is not read needs no key.', 'memberlist', 'memberlistKeyFile')
  if (settings.memberlist === 'require' && settings.passive)
    refuse('Whoever sends nothing reads no member list.', 'passive', 'memberlist')
}

/** `interval: 30s (arpcheck.yaml:3)`. */
export function originLine(key: string, { texts, where }: Origin): string {
  return `${key}: ${texts.join(', ')} (${where ?? 'default'})`
}

function configOf(settings: DaemonSettings): DaemonConfig {
  return {
    interfaces: settings.iface,
    intervalMs: settings.interval,
    confirmIntervalMs: settings['confirm-interval'],
    vantages: settings.vantages,
    budgetPerSecond: settings.budget,
    passive: settings.passive,
    mustBeFree: settings['must-be-free'],
    namespaces: settings.namespaces,
    kubeconfig: settings.kubeconfig,
    context: settings.context,
    metallbNamespace: settings['metallb-namespace'],
    namespace: settings.namespace,
    node: settings.node,
    memberlist: settings.memberlist,
    memberlistKeyFile: settings['memberlist-key-file'],
    speakerMetrics: settings['speaker-metrics'],
    listen: settings.listen,
    healthListen: settings['health-listen'],
    webConfigFile: settings['web-config-file'],
    metricsMaxVips: settings['metrics-max-vips'],
    logLevel: settings['log-level'],
    logFormat: settings['log-format'],
  }
}
