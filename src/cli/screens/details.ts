import type { Finding } from '../../core/findings.ts'
import type { Report, VipReport } from '../../core/report.ts'
import { hanging } from './layout.ts'
import { markOfSeverity } from './marks.ts'
import { blank, glyph, show, type Style } from './style.ts'

/** Findings of one code that are all told in full; of more, the first stands for them. */
const TOLD = 2
/** Addresses that are named beside it. */
const NAMED = 6

interface Told {
  readonly finding: Finding
  /** Null where it is about the run as a whole. */
  readonly row: VipReport | null
}

export interface DetailOptions {
  /** Remarks (info) too. */
  readonly remarks: boolean
  /** Each finding in full, however many are alike. */
  readonly each: boolean
}

/** What each problem is, why, and what to try: faults before other errors before warnings. */
export function details(
  report: Pick<Report, 'findings' | 'vips'>,
  { remarks, each }: DetailOptions,
  style: Style,
): string[] {
  const found: Told[] = [
    ...report.findings.map((finding) => ({ finding, row: null })),
    ...report.vips.flatMap((row) => row.findings.map((finding) => ({ finding, row }))),
  ]
  const shown = inOrder(found).filter(({ finding }) => finding.severity !== 'info' || remarks)
  const byCode = new Map<string, Told[]>(shown.map(({ finding }) => [finding.code, []]))
  for (const told of shown) byCode.get(told.finding.code)!.push(told)
  return [...byCode.values()].flatMap((alike) => group(alike, each ? alike.length : TOLD, style))
}

function inOrder(found: readonly Told[]): Told[] {
  const weight = ({ finding, row }: Told): number =>
    finding.severity === 'error' ? (row?.faultVerdict ? 0 : 1) : finding.severity === 'warning' ? 2 : 3
  return found.toSorted((a, b) => weight(a) - weight(b))
}

function group(alike: readonly Told[], limit: number, style: Style): string[] {
  const told = alike.length > limit ? alike.slice(0, 1) : alike
  return [...told.flatMap((item) => one(item, style)), ...also(alike.slice(told.length), style)]
}

/** Names the first of those that were not told; the table or -o wide has them all. */
function also(untold: readonly Told[], style: Style): string[] {
  if (untold.length === 0) return []
  const names = [...new Set(untold.map(({ row }) => row?.vip ?? 'this host'))]
  const rest = names.length > NAMED ? ` and ${names.length - NAMED} more` : ''
  const text = `the same for ${names.slice(0, NAMED).join(', ')}${rest}  (-o wide tells each)`
  return ['', ...hanging(`  ${blank(style)}  `, show(text, style), style.width - 2)]
}

function one({ finding, row }: Told, style: Style): string[] {
  const lead = `  ${glyph(markOfSeverity(finding.severity, row?.faultVerdict ?? false), style)}  ${finding.code}  `
  return [
    '',
    ...hanging(lead, show(finding.message, style), style.width - 2),
    ...section('why', finding.why, (text) => labelled(text, style.width - 8 - blank(style).length), style),
    ...section(
      finding.next.length > 1 ? 'try, least disruptive first' : 'try',
      steps(finding.next),
      verbatim,
      style,
    ),
  ]
}

function section(
  title: string,
  texts: readonly string[],
  lines: (text: string) => readonly string[],
  style: Style,
): string[] {
  if (texts.length === 0) return []
  const indent = `  ${blank(style)}  `
  return [
    '',
    `${indent}${title}`,
    ...texts.flatMap((text) => lines(show(text, style)).map((line) => `${indent}  ${line}`)),
  ]
}

/** A line of evidence has a label, a gap of two spaces or more, and its text: further lines go under the text. */
const LABEL = /^.{0,24}? {2,}/

function labelled(text: string, width: number): string[] {
  const [lead = ''] = LABEL.exec(text) ?? []
  return hanging(lead, text.slice(lead.length), width)
}

function steps(next: readonly string[]): readonly string[] {
  return next.length > 1 ? next.map((step, i) => `${i + 1}  ${step}`) : next
}

/** A command stays on one line, however long, so that it can be copied. */
function verbatim(text: string): readonly string[] {
  return [text]
}
