import { FINDINGS, type FindingCode } from '../../core/findings.ts'
import { ADVICE } from '../advice.ts'
import stringWidth from '../width.ts'
import { fold, hanging } from './layout.ts'
import { markOfSeverity } from './marks.ts'
import { blank, glyph, show, type Style } from './style.ts'

/** `arpcheck explain CODE`: what a finding means, what lies behind it, what to do. */
export function codeScreen(code: FindingCode, style: Style): string[] {
  const [{ severity, name, meaning }, { behind, steps }] = [FINDINGS[code], ADVICE[code]]
  const indent = `  ${blank(style)}  `
  const paragraph = (text: string): string[] => [
    '',
    ...fold(show(text, style), style.width - 2 - indent.length).map((line) => indent + line),
  ]
  return [
    '',
    `  ${glyph(markOfSeverity(severity, true), style)}  ${code}  ${name} (${severity})`,
    ...paragraph(meaning),
    ...paragraph(behind),
    '',
    `${indent}${steps.length > 1 ? 'try, least disruptive first' : 'try'}`,
    ...steps.flatMap((step) => stepLines(step, `${indent}  `, style)),
    '',
  ]
}

/** A command stays whole, on a line of its own where it does not fit beside its words. */
function stepLines(step: string, indent: string, style: Style): string[] {
  const width = style.width - 2
  const [text = '', command] = step.split(/ {2}/)
  if (command === undefined) return hanging(indent, show(text, style), width)
  const line = `${indent}${show(step, style)}`
  if (stringWidth(line) <= width) return [line]
  return [...hanging(indent, show(text, style), width), `${indent}  ${show(command, style)}`]
}
