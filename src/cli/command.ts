import { realpathSync } from 'node:fs'
import { basename, dirname, relative } from 'node:path'

const SYSTEM_FOLDERS = ['/usr/bin', '/usr/local/bin', '/bin']

/** How this process was started. */
export interface Started {
  readonly node: string
  /** The file that node was given; a link where npm put one. */
  readonly script: string
  readonly path: string
  readonly folder: string
}

/** What was typed, as a shell would read it back. */
export function commandLine(argv: readonly string[]): string {
  return ['arpcheck', ...argv.map(shellWord)].join(' ')
}

/**
 * The same as root. By its name where the PATH leads to it; sudo forgets a PATH that leads to a node of one's own (nvm,
 * asdf). From a clone, or by npx, by its file.
 */
export function commandAsRoot(argv: readonly string[], started = thisProcess()): string {
  const isSystemNode = SYSTEM_FOLDERS.includes(dirname(started.node))
  if (isOnPath(started)) return `sudo ${isSystemNode ? '' : 'env "PATH=$PATH" '}${commandLine(argv)}`
  const program = [isSystemNode ? 'node' : started.node, fileOf(started)]
  return ['sudo', ...[...program, ...argv].map(shellWord)].join(' ')
}

function thisProcess(): Started {
  const script = process.argv[1] ?? 'arpcheck'
  return { node: process.execPath, script, path: process.env['PATH'] ?? '', folder: process.cwd() }
}

/** npx puts folders of its own before the PATH: they are gone when it ends. */
function isOnPath({ script, path }: Started): boolean {
  const isLasting = basename(script) === 'arpcheck' && !script.includes('/node_modules/.bin/')
  return isLasting && path.split(':').includes(dirname(script))
}

/** The file itself, from here where it lies below. */
function fileOf({ script, folder }: Started): string {
  const file = realOf(script)
  const below = relative(folder, file)
  return below.startsWith('..') ? file : below
}

function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path // moved meanwhile
  }
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
