import { printable } from '../../core/text.ts'
import { daemonFlag, FILE_KEYS } from './flags.ts'
import type { Origin, ReadConfig } from './read.ts'

const LEFT = 40

/** The settings as an arpcheck.yaml that says the same, and where each comes from; what nobody set is a comment. */
export function configText({ origins, file }: ReadConfig): string {
  const lines = FILE_KEYS.map(({ name, key }) => {
    const origin = origins.get(key)!
    const setting = `${key}: ${valueOf(origin, daemonFlag(name).kind.repeatable === true)}`
    return origin.texts.length === 0
      ? `# ${key}:`
      : `${setting.padEnd(LEFT)} # ${printable(origin.where ?? 'default')}`
  })
  return [`# file: ${file === null ? 'none' : printable(file)}`, ...lines, ''].join('\n')
}

function valueOf({ texts }: Origin, isList: boolean): string {
  return isList ? `[${texts.map(word).join(', ')}]` : word(texts.at(-1) ?? '')
}

/** As it was written where YAML reads it so. */
function word(text: string): string {
  return /^[\w./-][\w./:-]*$|^:\d+$/.test(text) ? text : printable(JSON.stringify(text))
}
