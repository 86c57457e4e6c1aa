import { ArpcheckError, messageOf } from './errors.ts'

/** A package that arpcheck installs where it can be built, and does without elsewhere. */
export interface OptionalPackage {
  readonly name: string
  /** What is lost without it, as a sentence: `ICMP echo to node addresses is not available`. */
  readonly lost: string
  /** Debian packages that building it needs. */
  readonly needs: string
}

/**
 * What `load` returns. Throws an ArpcheckError `engine-unavailable` that names what is lost, and tells "not installed"
 * from "installed, but not built" and from "built, but does not load here".
 */
export function loadOptional<T>({ name, lost, needs }: OptionalPackage, load: () => T): T {
  try {
    return load()
  } catch (cause) {
    const [why, ...remedy] = explain(name, needs, cause)
    throw new ArpcheckError('engine-unavailable', `${lost}: the optional package ${name} ${why}.`, {
      remedy,
      cause,
    })
  }
}

/** Why it did not load, and what to do, a line each. */
function explain(name: string, needs: string, cause: unknown): [string, ...string[]] {
  const firstLine = messageOf(cause).split('\n')[0]!
  const build = [
    `Install what it is built with:  apt-get install ${needs}`,
    `Build it:  npm rebuild ${name}`,
  ] as const
  if (firstLine.includes(`'${name}'`))
    return ['is not installed', `Install it:  npm install ${name}`, build[0]]
  if (firstLine.startsWith('Cannot find module')) return ['is installed but was not built', ...build]
  return [`does not load here (${firstLine})`, ...build]
}
