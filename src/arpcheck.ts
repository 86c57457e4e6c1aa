#!/usr/bin/env node
// The program's entry: loads as little as the command needs. --version needs nothing.
declare const ARPCHECK_VERSION: string

const argv = process.argv.slice(2)
if (argv[0] === '--version' || argv[0] === '-V') process.stdout.write(`${ARPCHECK_VERSION}\n`)
else start().catch(shout)

async function start(): Promise<void> {
  const { main } = argv[0] === 'lab' ? await import('./lab/main.ts') : await import('./cli/main.ts')
  process.exitCode = await main(argv[0] === 'lab' ? argv.slice(1) : argv)
}

/** A bundle that does not load, or a mistake of ours outside the command line's own net. */
async function shout(error: unknown): Promise<void> {
  const { tellTrouble } = await import('./cli/main.ts')
  process.exitCode = tellTrouble(error, argv)
}
