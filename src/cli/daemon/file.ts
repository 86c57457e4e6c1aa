import { ArpcheckError } from '../../errors.ts'
import { readYaml, unknownKey, type Entry, type Mistake } from '../../strict-yaml.ts'
import { daemonFlag, FILE_KEYS, type DaemonFlagName } from './flags.ts'

/** What a file sets: the texts of each setting, as a flag would have them, and the line they stand in. */
export type FileSettings = ReadonlyMap<
  DaemonFlagName,
  { readonly texts: readonly string[]; readonly line: number }
>

export interface ReadFile {
  readonly settings: FileSettings
  /** Every mistake, in the order of the lines. */
  readonly mistakes: readonly Mistake[]
}

/** The text of arpcheck.yaml → what it sets, each value already tried. */
export function readConfigFile(text: string): ReadFile {
  const { entries, mistakes: unread } = readYaml(text)
  const keys = FILE_KEYS.map(({ key }) => key)
  const settings = new Map<DaemonFlagName, { texts: readonly string[]; line: number }>()
  const mistakes = [...unread]
  for (const entry of entries) {
    const name = FILE_KEYS.find(({ key }) => key === entry.key)?.name
    const texts = textsOf(entry)
    const mistake = name === undefined ? unknownKey(entry, keys) : mistakeIn(entry, name, texts)
    if (mistake) mistakes.push(mistake)
    else settings.set(name!, { texts: texts!, line: entry.line })
  }
  return { settings, mistakes: mistakes.toSorted((a, b) => a.line - b.line) }
}

/** Undefined where a setting can have no such value. */
function textsOf({ value }: Entry): readonly string[] | undefined {
  if (value.kind === 'map') return undefined
  return value.kind === 'list' ? value.items.map(({ text }) => text) : [value.text]
}

function mistakeIn(
  { key, line, value }: Entry,
  name: DaemonFlagName,
  texts: readonly string[] | undefined,
): Mistake | undefined {
  const { kind } = daemonFlag(name)
  if (texts === undefined) return { line, message: `${key} holds no keys of its own.` }
  if (value.kind === 'list' && !kind.repeatable)
    return { line, message: `${key} takes one value, not a list.` }
  try {
    kind.read(texts, key)
    return undefined
  } catch (error) {
    if (error instanceof ArpcheckError) return { line, message: error.message }
    throw error
  }
}
