import { variableOf } from '../flags.ts'
import { flagLabel } from '../help.ts'
import { daemonFlag, DAEMON_FLAG_NAMES, DAEMON_FLAGS } from './flags.ts'

/** Every setting as the Markdown table of docs/configuration.md; a test compares the two. */
export function configTable(): string {
  const rows = DAEMON_FLAG_NAMES.map((name) => {
    const { key, default: preset, help, variable: other } = daemonFlag(name)
    const variables = [variableOf(name, daemonFlag(name)), other].filter((one) => one !== undefined)
    const label = flagLabel(name, DAEMON_FLAGS)
      .trim()
      .replaceAll('|', String.raw`\|`)
    return [
      key === null ? '' : `\`${key}\``,
      preset === undefined ? '' : `\`${preset}\``,
      `\`${label}\``,
      variables.map((one) => `\`${one}\``).join(', '),
      help,
    ]
  })
  const titles = ['key', 'default', 'flag', 'environment', '']
  return [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
