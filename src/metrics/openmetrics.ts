/**
 * Prometheus' text format as OpenMetrics 1.0: a counter's family is named without `_total`, there are no empty lines, and
 * an end is marked. prom-client's own OpenMetrics renames its metrics for good at the first scrape (siimon/prom-client).
 */
export function openMetrics(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '')
  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+_total) counter$/.exec(line)?.[1] ?? []))
  const renamed = lines.map((line) => (line.startsWith('# ') ? withoutTotal(line, counters) : line))
  return `${renamed.join('\n')}\n# EOF\n`
}

function withoutTotal(line: string, counters: ReadonlySet<string>): string {
  const [, what = '', name = '', rest = ''] = /^# (HELP|TYPE) (\S+)(.*)$/.exec(line) ?? []
  return counters.has(name) ? `# ${what} ${name.slice(0, -'_total'.length)}${rest}` : line
}

/** Whether an Accept header asks for OpenMetrics, as Prometheus' does. */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  return accept !== undefined && /\bapplication\/openmetrics-text\b/.test(accept)
}
