import { variableOf } from '../flags.ts'
import { flagLabel } from '../help.ts'
import { daemonFlag, DAEMON_FLAG_NAMES, DAEMON_FLAGS } from './flags.ts'

/** Every setting as the Markdown table of docs/configuration.md; a test compares the two. */
export function configTable(): string {
  const rows = DAEMON_FLAG_NAMES.map((name) => {
    const { key, default: preset, help } = daemonFlag(name)
    const variable = variableOf(name, daemonFlag(name))
    const label = flagLabel(name, DAEMON_FLAGS)
      .trim()
      .replaceAll('|', String.raw`\|`)
    return [
      key === null ? '' : `\`${key}\``,
      preset === undefined ? '' : `\`${preset}\``,
      `\`${label}\``,
      variable === undefined ? '' : `\`${variable}\``,
      help,
    ]
  })
  const titles = ['key', 'default', 'flag', 'environment', '']
  return [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
