import { FLAG_NAMES, flagOf, variableOf, type Flag, type FlagName, type Settings } from './flags.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The texts of one flag before they are read, and what to call them in a message: `--count`, `ARPCHECK_COUNT`. */
export interface Given {
  readonly from: 'flag' | 'environment' | 'default'
  readonly label: string
  readonly texts: readonly string[]
}

/**
 * The value of every flag: typed, else from the environment (`ARPCHECK_COUNT`), else the default.
 * Throws a usage error that names the flag or the variable.
 */
export function readSettings(typed: ReadonlyMap<FlagName, readonly string[]>, env: Environment): Settings {
  const read = FLAG_NAMES.map((name) => {
    const { texts, label } = givenFor(name, flagOf(name), typed.get(name), env)
    return [name, flagOf(name).kind.read(texts, label)]
  })
  return Object.freeze(Object.fromEntries(read)) as Settings
}

export function givenFor(
  name: string,
  flag: Flag<unknown, string>,
  typed: readonly string[] | undefined,
  env: Environment,
): Given {
  if (typed) return { from: 'flag', label: `--${name}`, texts: typed }
  // an empty variable counts as not set, as shells and manifests have it
  const variable = [variableOf(name, flag), flag.variable].find((one) => one !== undefined && env[one])
  const set = variable === undefined ? undefined : env[variable]
  if (set)
    return { from: 'environment', label: variable!, texts: flag.kind.repeatable ? set.split(',') : [set] }
  return { from: 'default', label: `--${name}`, texts: flag.default === undefined ? [] : [flag.default] }
}
