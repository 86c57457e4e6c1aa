import { envName, FLAG_NAMES, flagOf } from './flags.ts'
import { flagLabel } from './help.ts'

/** The flags as the Markdown table of docs/cli.md; a test compares the two. */
export function flagsTable(): string {
  const rows = FLAG_NAMES.map((name) => {
    const { default: preset, help } = flagOf(name)
    const variable = envName(name)
    return [
      `\`${flagLabel(name).trim()}\``,
      preset ? `\`${preset}\`` : '',
      variable ? `\`${variable}\`` : '',
      help,
    ]
  })
  const titles = ['flag', 'default', 'environment', '']
  return [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
