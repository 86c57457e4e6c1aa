import { HISTOGRAMS } from './histograms.ts'
import { FAMILIES } from './metrics.ts'

/** Our metrics as the Markdown table of docs/metrics.md; a test compares the two. */
export function metricsTable(): string {
  const histograms = Object.values(HISTOGRAMS).map((one) => ({ ...one, type: 'histogram' }))
  const rows = [...FAMILIES, ...histograms].map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ])
  const titles = ['metric', 'type', 'labels', '']
  return [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
