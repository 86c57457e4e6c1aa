import { envName, FLAG_NAMES, flagOf, type FlagName, type Settings } from './flags.ts'

/**
 * The value of every flag: typed, else from the environment (`ARPCHECK_COUNT`), else the default.
 * Throws a usage error that names the flag or the variable.
 */
export function readSettings(
  typed: ReadonlyMap<FlagName, readonly string[]>,
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  const read = FLAG_NAMES.map((name) => [name, readOne(name, typed.get(name), env)])
  return Object.freeze(Object.fromEntries(read)) as Settings
}

function readOne(
  name: FlagName,
  typed: readonly string[] | undefined,
  env: Readonly<Record<string, string | undefined>>,
): unknown {
  const { kind, default: fallback } = flagOf(name)
  if (typed) return kind.read(typed, `--${name}`)
  const variable = envName(name)
  const set = variable === undefined ? undefined : env[variable]
  // an empty variable counts as not set, as shells and manifests have it
  if (set) return kind.read(kind.repeatable ? set.split(',') : [set], variable!)
  return kind.read(fallback === undefined ? [] : [fallback], `--${name}`)
}
