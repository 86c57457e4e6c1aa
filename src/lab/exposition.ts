/** Series as a scrape has them, labels and all → value. */
export type Series = ReadonlyMap<string, number>

const LINE = /^(arpcheck_\w+(?:\{.*\})?) (\S+)$/

/** arpcheck's own series of a text that it serves; what Node and the process say of themselves is left out. */
export function readSeries(text: string): Series {
  const lines = text.split('\n').map((line) => LINE.exec(line))
  return new Map(lines.flatMap((found) => (found ? [[found[1]!, Number(found[2])]] : [])))
}

/** What differs from before; null: it is gone. */
export function changesOf(before: Series, after: Series): Readonly<Record<string, number | null>> {
  const gone = [...before.keys()].filter((key) => !after.has(key))
  const news = [...after].filter(([key, value]) => before.get(key) !== value)
  return Object.fromEntries([...news, ...gone.map((key) => [key, null] as const)])
}

/** `every arpcheck_vip_verdict{verdict="ok"} == 1` */
export interface Condition {
  /** Which daemons: one of them, all that can be reached, or that of one host. */
  readonly who: string
  readonly metric: string
  /** Label → values, of which one is there. */
  readonly labels: Readonly<Record<string, readonly string[]>>
  readonly sign: Sign
  readonly value: number
}
type Sign = '==' | '>' | '<'

const HOLDS: Readonly<Record<Sign, (found: number, told: number) => boolean>> = {
  '==': (found, told) => found === told,
  '>': (found, told) => found > told,
  '<': (found, told) => found < told,
}

const TEXT = /^([a-z][a-z0-9-]*) (arpcheck_\w+)(?:\{([^}]*)\})? (==|>|<) (\d+(?:\.\d+)?)$/

/** Undefined where the text is none. */
export function parseCondition(text: string): Condition | undefined {
  const [, who, metric, inside = '', sign, value] = TEXT.exec(text) ?? []
  if (who === undefined || metric === undefined) return undefined
  return { who, metric, labels: labelsOf(inside), sign: sign as Sign, value: Number(value) }
}

/** How many of the series that it is about it is true of, and of how many there are. */
export function countTrue(
  { metric, labels, sign, value }: Condition,
  series: Series,
): { readonly right: number; readonly all: number } {
  const about = [...series].filter(([key]) => matches(key, metric, labels))
  return { right: about.filter(([, found]) => HOLDS[sign](found, value)).length, all: about.length }
}

function matches(key: string, metric: string, labels: Condition['labels']): boolean {
  const [name, inside = ''] = key.replace(/\}$/, '').split(/\{(.*)/s)
  if (name !== metric) return false
  const has = labelsOf(inside)
  return Object.entries(labels).every(([label, values]) => values.includes(has[label]?.[0] ?? ''))
}

function labelsOf(inside: string): Readonly<Record<string, readonly string[]>> {
  const pairs = [...inside.matchAll(/(\w+)="([^"]*)"/g)]
  return Object.fromEntries(pairs.map(([, label, values]) => [label!, values!.split('|')]))
}
