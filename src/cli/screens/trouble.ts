import { ArpcheckError } from '../../errors.ts'
import { fold, hanging } from './layout.ts'
import { blank, glyph, show, type Style } from './style.ts'

/** What failed and what to do about it, for stderr; a stack is for our own mistakes, and only on request. */
export function troubleScreen(
  error: unknown,
  options: { command: string; stack: boolean },
  style: Style,
): string {
  const { message, remedy } = error instanceof ArpcheckError ? error : bugText(error, options.stack)
  const own = remedy.map((line) => line.replace('sudo arpcheck …', options.command))
  const lines = [
    ...hanging(`  ${glyph('fault', style)}  `, show(message, style), style.width - 2),
    ...(own.length > 1 ? [''] : []),
    ...own.flatMap((line) => remedyLines(show(line, style), style)),
  ]
  return `\n${lines.join('\n')}\n\n`
}

/** A line with a gap of two spaces holds a command behind it, and stays whole so that it can be copied. */
function remedyLines(line: string, style: Style): string[] {
  const indent = `  ${blank(style)}  `
  const lines = line.includes('  ') ? [line] : fold(line, style.width - 2 - indent.length)
  return lines.map((one) => (indent + one).trimEnd())
}

function bugText(error: unknown, stack: boolean): { message: string; remedy: readonly string[] } {
  const told = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const trace = stack && error instanceof Error ? (error.stack ?? '').split('\n').slice(1) : []
  const hint = stack ? [] : ['Please report it; with -v it tells where.']
  return {
    message: `This is a bug in arpcheck: ${told}`,
    remedy: [...hint, ...trace.map((line) => `  ${line.trim()}`)],
  }
}
