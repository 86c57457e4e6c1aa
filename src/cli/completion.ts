import { readdirSync } from 'node:fs'
import { quoted } from '../core/text.ts'
import { ArpcheckError } from '../errors.ts'
import { parser } from './arguments.ts'

const SHELLS = ['bash', 'zsh', 'fish']

/** `arpcheck completion SHELL`: yargs prints the script that a shell reads; it asks arpcheck itself for the words. */
export function printCompletionScript(shell = process.env['SHELL'] ?? 'bash'): number {
  const name = SHELLS.find((known) => shell.endsWith(known))
  if (name === undefined) {
    throw new ArpcheckError('usage', `There is no completion for ${quoted(shell)}.`, {
      remedy: ['arpcheck completion bash|zsh|fish'],
    })
  }
  // yargs chooses by $SHELL, when it is made
  process.env['SHELL'] = name
  parser([]).showCompletionScript()
  return 0
}

/** The words that may come next, one a line; `args` as the shell has them, `arpcheck` first. */
export async function completions(args: readonly string[]): Promise<string> {
  const words = isAfterIface(args)
    ? interfaceNames()
    : await parser([], 'with choices').getCompletion([...args])
  return words.map((word) => `${word}\n`).join('')
}

function isAfterIface(args: readonly string[]): boolean {
  return ['-i', '--iface'].includes(args.at(-2) ?? '')
}

function interfaceNames(): string[] {
  try {
    return readdirSync('/sys/class/net')
  } catch {
    return [] // no sysfs: nothing to offer
  }
}
