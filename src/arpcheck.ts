#!/usr/bin/env node
// The program's entry: loads as little as the command needs. --version needs nothing.
import { useCodeCaches } from './code-cache.ts'

declare const ARPCHECK_VERSION: string

const argv = process.argv.slice(2)
if (argv[0] === '--version' || argv[0] === '-V') {
  process.stdout.on('error', cannotWrite).write(`${ARPCHECK_VERSION}\n`)
} else start().catch(shout)

async function start(): Promise<void> {
  useCodeCaches(require.extensions)
  const { main } = argv[0] === 'lab' ? await import('./lab/main.ts') : await import('./cli/main.ts')
  process.exitCode = await main(argv[0] === 'lab' ? argv.slice(1) : argv)
}

/** A full disk; a reader that went away is none. */
function cannotWrite({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return
  process.stderr.write(`arpcheck: cannot write the version: ${message}\n`)
  process.exitCode = 3
}

/** A bundle that does not load, or a mistake of ours outside the command line's own net. */
async function shout(error: unknown): Promise<void> {
  const { tellTrouble } = await import('./cli/main.ts')
  process.exitCode = tellTrouble(error, argv)
}
