/** One line of Prometheus' text format (docs/decisions/0077). */
export interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const BLANKS = /[ \t]*/y
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"([^"\\]*(?:\\.[^"\\]*)*)"[ \t]*(?:,|(?=\}))/y
/** A value and, where there is one, a time stamp. */
const TAIL = /^[ \t]*([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)(?:[ \t]+-?\d+)?[ \t\r]*$/
const ESCAPED: Readonly<Record<string, string>> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' }

/** The name that a line begins with; empty for a comment. */
export function nameIn(line: string): string {
  return NAME.exec(line)?.[0] ?? ''
}

/** `name{label="value",…} 1 1700000000000`; undefined for what has another form, or no finite number. */
export function sampleOf(line: string): Sample | undefined {
  const name = nameIn(line)
  const labelled = labelsIn(line, name.length)
  const [, value] = (labelled && TAIL.exec(line.slice(labelled.end))) ?? []
  if (name === '' || !labelled || value === undefined) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? { name, labels: labelled.labels, value: number } : undefined
}

interface Labelled {
  readonly labels: ReadonlyMap<string, string>
  readonly end: number
}

function labelsIn(line: string, afterName: number): Labelled | undefined {
  const labels = new Map<string, string>()
  const start = pastBlanks(line, afterName)
  if (line[start] !== '{') return { labels, end: afterName }
  let end = pastBlanks(line, start + 1)
  while (line[end] !== '}') {
    LABEL.lastIndex = end
    const [whole, name, value] = LABEL.exec(line) ?? []
    if (whole === undefined || name === undefined || value === undefined || labels.has(name)) return undefined
    labels.set(
      name,
      value.replace(/\\./g, (text) => ESCAPED[text] ?? text),
    )
    end = pastBlanks(line, end + whole.length)
  }
  return { labels, end: end + 1 }
}

function pastBlanks(line: string, from: number): number {
  BLANKS.lastIndex = from
  return from + (BLANKS.exec(line)?.[0].length ?? 0)
}
