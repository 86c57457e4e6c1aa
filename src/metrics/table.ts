import { metricOf, METRICS, type MetricName } from '../core/watch/metric-names.ts'

/** Our metrics as the Markdown table of docs/metrics.md; a test compares the two. */
export function metricsTable(): string {
  const rows = (Object.keys(METRICS) as MetricName[]).map((name) => {
    const { type, labels, help } = metricOf(name)
    return [`\`${name}\``, type, labelsText(labels), help]
  })
  const titles = ['metric', 'type', 'labels', '']
  return [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** A label with its values where these are few; the sets of verdicts and inputs have tables of their own. */
function labelsText(labels: ReturnType<typeof metricOf>['labels']): string {
  return Object.entries(labels)
    .map(([name, values]) =>
      values && values.length < 7 ? `\`${name}\` (${values.join(', ')})` : `\`${name}\``,
    )
    .join(', ')
}
