import { FINDINGS, type FindingCode } from '../../core/findings.ts'
import { ADVICE } from '../advice/advice.ts'
import stringWidth from '../width.ts'
import { hanging } from './layout.ts'
import { markOfSeverity } from './marks.ts'
import { blank, glyph, show, type Style } from './style.ts'

/** `arpcheck explain CODE`: what a finding means, how it is known, what lies behind it, what to do. */
export function codeScreen(code: FindingCode, style: Style): string[] {
  const [{ severity, name, meaning }, advice] = [FINDINGS[code], ADVICE[code]]
  const indent = `  ${blank(style)}  `
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', `${indent}${title}`, ...lines]
  const paragraph = (text: string, lead: string): string[] =>
    hanging(lead, show(text, style), style.width - 2)
  const steps = (all: readonly string[]): string[] =>
    all.flatMap((step) => stepLines(step, `${indent}  `, style))
  return [
    '',
    `  ${glyph(markOfSeverity(severity, true), style)}  ${code}  ${name} (${severity})`,
    '',
    ...paragraph(meaning, indent),
    ...section('how arpcheck knows', paragraph(advice.seen, `${indent}  `)),
    ...section('causes, the most common first', numbered(advice.causes, indent, style)),
    ...section('to confirm', steps(advice.confirm)),
    ...section('to mend, least disruptive first', steps(advice.mend)),
    ...section(
      'not to be confused with',
      (advice.unlike ?? []).flatMap(([other, text]) => paragraph(text, `${indent}  ${other}  `)),
    ),
    '',
  ]
}

function numbered(causes: readonly string[], indent: string, style: Style): string[] {
  return causes.flatMap((text, i) => hanging(`${indent}  ${i + 1}  `, show(text, style), style.width - 2))
}

/** A command stays whole, on a line of its own where it does not fit beside its words. */
function stepLines(step: string, indent: string, style: Style): string[] {
  const width = style.width - 2
  const [text = '', command] = step.split(/ {2}/)
  if (command === undefined) return hanging(`${indent}- `, show(text, style), width)
  const line = `${indent}- ${show(step, style)}`
  if (stringWidth(line) <= width) return [line]
  return [...hanging(`${indent}- `, show(text, style), width), `${indent}    ${show(command, style)}`]
}
