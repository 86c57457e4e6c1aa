import { ArpcheckError } from '../../errors.ts'
import { fold, hanging } from './layout.ts'
import { blank, glyph, show, type Style } from './style.ts'

/** What failed and what to do about it, for stderr; a stack is for our own mistakes, and only on request. */
export function troubleScreen(
  error: unknown,
  options: { command: string; stack: boolean },
  style: Style,
): string {
  const { message, remedy } = error instanceof ArpcheckError ? known(error) : bugText(error, options.stack)
  const own = remedy.map((line) => line.replace('sudo arpcheck …', options.command))
  const apart =
    own.length > 1 ? own.filter((line, i) => i === 0 || isCommand(line) !== isCommand(own[i - 1]!)) : []
  const lines = [
    ...hanging(`  ${glyph('fault', style)}  `, show(message, style), style.width - 2),
    ...own.flatMap((line) => [
      ...(apart.includes(line) ? [''] : []),
      ...remedyLines(show(line, style), style),
    ]),
  ]
  return `\n${lines.join('\n')}\n\n`
}

/** A sentence beside the results, for stderr. */
export function noteScreen(text: string, style: Style): string {
  return `${hanging(`  ${glyph('warning', style)}  `, show(text, style), style.width - 2).join('\n')}\n`
}

/** A gap of two spaces stands before a command; the line stays whole, so that it can be copied. */
function isCommand(line: string): boolean {
  return line.includes('  ')
}

function remedyLines(line: string, style: Style): string[] {
  const indent = `  ${blank(style)}  `
  const lines = isCommand(line) ? [line] : fold(line, style.width - 2 - indent.length)
  return lines.map((one) => (indent + one).trimEnd())
}

function known(error: ArpcheckError): { message: string; remedy: readonly string[] } {
  const { code, remedy } = error
  return { message: `${sentenceOf(error)}${code === 'no-permission' ? ' Nothing was sent.' : ''}`, remedy }
}

/** What failed, as a sentence: some begin small. A name (`eno1`, an address) stays as it is. */
export function sentenceOf({ code, message }: ArpcheckError): string {
  const isName = !/^(?:api-|kubeconfig|no-kubeconfig)/.test(code) || !/^[a-z]+ /.test(message)
  const begun = isName ? message : message.charAt(0).toUpperCase() + message.slice(1)
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`
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
