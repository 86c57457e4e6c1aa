import { dirname } from 'node:path'

const SYSTEM_FOLDERS = ['/usr/bin', '/usr/local/bin', '/bin']

/** What was typed, as a shell would read it back. */
export function commandLine(argv: readonly string[]): string {
  return ['arpcheck', ...argv.map(shellWord)].join(' ')
}

/** The same as root; sudo forgets a PATH that leads to a node of one's own (nvm, asdf). */
export function commandAsRoot(argv: readonly string[], node = process.execPath): string {
  const keepsPath = SYSTEM_FOLDERS.includes(dirname(node)) ? '' : 'env "PATH=$PATH" '
  return `sudo ${keepsPath}${commandLine(argv)}`
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
