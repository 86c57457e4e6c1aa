import type { SpeakerSettings } from '../../core/cluster.ts'

/** What the election takes from a speaker's command line and environment (speaker/main.go). */
export interface SpeakerFlags {
  /** `--lb-class`; empty: only Services without a class. */
  readonly lbClass: string
  readonly ignoreExcludeLB: boolean
  /** Off when the label selector or the bind address is empty (internal/speakerlist/speakerlist.go: New). */
  readonly memberlist: 'on' | 'off'
  readonly wan: boolean
  /** Where memberlist listens. */
  readonly port: number
  /** `--port`: where metrics are served; null: as the release has it. */
  readonly metricsPort: number | null
  /** The address that metrics are bound to; empty where nothing tells. */
  readonly host: string
}

const ML_PORT = 7946

/** What a speaker runs with when nothing could be read of it: the shipped manifests' values. */
export const SHIPPED: SpeakerFlags = {
  lbClass: '',
  ignoreExcludeLB: false,
  memberlist: 'on',
  wan: false,
  port: ML_PORT,
  metricsPort: null,
  host: '',
}

/** Flags that take no value of their own (Go's flag package: boolFlag). */
const SWITCHES = new Set([
  'ml-wan-config',
  'ignore-exclude-lb',
  'enable-pprof',
  'enable-l2-service-status',
  'frrk8s-secret-passthrough',
])
const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])

export function flagsOf(settings: SpeakerSettings): SpeakerFlags {
  const flags = parseFlags(settings)
  const isSet = (flag: string, variable: string): boolean =>
    (flags.get(flag) ?? valueOf(settings.env, variable)) !== ''
  return {
    lbClass: flags.get('lb-class') ?? '',
    ignoreExcludeLB: TRUE.has(flags.get('ignore-exclude-lb') ?? ''),
    wan: TRUE.has(flags.get('ml-wan-config') ?? ''),
    port: portOf(flags.get('ml-bindport') ?? valueOf(settings.env, 'METALLB_ML_BIND_PORT')),
    metricsPort: metricsPortOf(flags.get('port')),
    host: flags.get('host') ?? settings.env['METALLB_HOST'] ?? '',
    memberlist:
      isSet('ml-labels', 'METALLB_ML_LABELS') && isSet('ml-bindaddr', 'METALLB_ML_BIND_ADDR') ? 'on' : 'off',
  }
}

function portOf(text: string): number {
  const port = Number(text)
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : ML_PORT
}

/** 0 is a port here: it turns metrics off. */
function metricsPortOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,5}$/.test(text) && Number(text) < 65_536 ? Number(text) : null
}

/** The last one wins; `-name` is `--name`; the first word that is no flag ends them (Go's flag package). */
function parseFlags({ args, env }: SpeakerSettings): Map<string, string> {
  const flags = new Map<string, string>()
  const words = args.map((word) => expand(word, env))
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, name, value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(word) ?? []
    if (name === undefined) break
    flags.set(name, value ?? (SWITCHES.has(name) ? 'true' : (words.shift() ?? '')))
  }
  return flags
}

/** Kubernetes puts the container's variables in place of `$(NAME)`; one whose value is not told stays as it is. */
function expand(word: string, env: SpeakerSettings['env']): string {
  return word.replace(/\$\(([^$()]+)\)/g, (text, name: string) =>
    Object.hasOwn(env, name) ? (env[name] ?? text) : text,
  )
}

/** Empty for a variable that is not set; something for one whose value is not told. */
function valueOf(env: SpeakerSettings['env'], name: string): string {
  return Object.hasOwn(env, name) ? (env[name] ?? 'set') : ''
}
