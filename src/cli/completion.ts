import { readdirSync } from 'node:fs'
import { FINDINGS } from '../core/findings.ts'
import { quoted } from '../core/text.ts'
import { ArpcheckError } from '../errors.ts'
import { parser } from './arguments.ts'
import { cacheFolder, rememberedVips } from './cache.ts'

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
export async function completions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (isAfterIface(args)) return lines(interfaceNames())
  const [begun, before] = [args.at(-1) ?? '', args.at(-2) ?? '']
  const known = await parser([], 'with choices').getCompletion([...args])
  if (begun.startsWith('-') || before.startsWith('-')) return lines(known)
  // a command goes first, a VIP anywhere
  const words = [...(args.length > 2 ? [] : known), ...(await subjects(args, env))]
  return lines(words.filter((word) => word.toLowerCase().startsWith(begun.toLowerCase())))
}

/** VIPs of the last runs; after `explain` the codes of findings, too. */
async function subjects(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string[]> {
  const folder = cacheFolder(env)
  const vips = folder === null ? [] : await rememberedVips(folder)
  return [...vips, ...(args[1] === 'explain' ? Object.keys(FINDINGS) : [])]
}

function lines(words: readonly string[]): string {
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
