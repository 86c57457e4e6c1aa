import { readdirSync } from 'node:fs'
import { FINDINGS } from '../core/findings.ts'
import { quoted } from '../core/text.ts'
import { ArpcheckError } from '../errors.ts'
import { flagWithValue } from './arguments.ts'
import { cacheFolder, remembered } from './cache.ts'
import { SCRIPTS, SHELLS, type Shell } from './completion-scripts.ts'
import { DAEMON_FLAGS } from './daemon/flags.ts'
import { FLAGS, type FlagTable } from './flags.ts'
import { COMMANDS } from './usage.ts'

/** A word that may come next, and what it is. */
type Word = readonly [word: string, what: string]

interface Known {
  readonly vips: readonly string[]
  readonly nodes: readonly string[]
}

/** `arpcheck completion SHELL`: a script that asks arpcheck itself for the words. */
export function completionScript(shell = process.env['SHELL'] ?? 'bash'): string {
  const name = SHELLS.find((known) => shell.endsWith(known))
  if (name !== undefined) return SCRIPTS[name]
  throw new ArpcheckError('usage', `There is no completion for ${quoted(shell)}.`, {
    remedy: ['arpcheck completion bash|zsh|fish'],
  })
}

/** What a script prints: one word a line; `args` as the shell has them, `arpcheck` first, up to the cursor. */
export async function completions(
  [shell, ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const folder = cacheFolder(env)
  const known = folder === null ? { vips: [], nodes: [] } : await remembered(folder)
  const begun = args.at(-1) ?? ''
  return wordsAfter(args, known)
    .filter(([word]) => begun === '=' || word.toLowerCase().startsWith(begun.toLowerCase()))
    .map((word) => `${lineFor(shell as Shell, word)}\n`)
    .join('')
}

function wordsAfter(args: readonly string[], known: Known): readonly Word[] {
  const [begun = '', before = '', third] = args.toReversed()
  const table: FlagTable<string> = ofDaemon(args) ? DAEMON_FLAGS : FLAGS
  // bash takes `=` for a word of its own
  const left = begun === '=' ? before : before === '=' ? third : /^(.*)=/.exec(begun)?.[1]
  if (left !== undefined) {
    const lead = begun.startsWith(`${left}=`) ? `${left}=` : ''
    return plain(valuesOf(flagWithValue(left, table), table, known).map((word) => lead + word))
  }
  const flag = flagWithValue(before, table)
  if (flag !== undefined) return plain(valuesOf(flag, table, known))
  return begun.startsWith('-')
    ? Object.entries(table).map(([name, { help }]) => [`--${name}`, help])
    : named(args, known)
}

/** These have a table of flags of their own, and take no words. */
function ofDaemon(args: readonly string[]): boolean {
  return args.length > 2 && (args[1] === 'daemon' || args[1] === 'config')
}

/** A command goes first, and some take words of their own; a VIP goes anywhere. */
function named(args: readonly string[], { vips }: Known): readonly Word[] {
  if (args.length < 3) return [...COMMANDS.map(([name, , what]) => [name, what] as const), ...plain(vips)]
  if (ofDaemon(args)) return []
  const [, takes = ''] = COMMANDS.find(([name]) => name === args[1]) ?? []
  const verbs = args.length > 3 ? [] : takes.split('|').filter((word) => /^[a-z]+$/.test(word))
  if (verbs.length > 0) return plain(verbs)
  return [...plain(vips), ...(takes.includes('CODE') ? codes() : [])]
}

/** Of a flag, or of a VIP, which a node owns. None where it is a file: the shell offers those itself. */
function valuesOf(flag: string | undefined, table: FlagTable<string>, { nodes }: Known): readonly string[] {
  if (flag === undefined || flag === 'without' || flag === 'node') return nodes
  return flag === 'iface' ? interfaceNames() : (table[flag]?.kind.choices ?? [])
}

function codes(): readonly Word[] {
  return Object.entries(FINDINGS).map(([code, { name }]) => [code, name])
}

function plain(words: readonly string[]): readonly Word[] {
  return words.map((word) => [word, ''])
}

/** zsh and fish show what a word is; zsh finds it behind a colon. */
function lineFor(shell: Shell, [word, what]: Word): string {
  if (shell === 'zsh') return `${word.replaceAll(':', '\\:')}${what && `:${what}`}`
  return shell === 'fish' ? `${word}${what && `\t${what}`}` : word
}

function interfaceNames(): string[] {
  try {
    return readdirSync('/sys/class/net')
  } catch {
    return [] // no sysfs: nothing to offer
  }
}
