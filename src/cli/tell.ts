import { ArpcheckError } from '../errors.ts'
import { commandAsRoot } from './command.ts'
import { styleFor, type Style } from './screens/style.ts'
import { noteScreen, troubleScreen } from './screens/trouble.ts'
import type { World } from './streams.ts'

/** Where a bug leaves us: nothing was tested. */
const BUG_EXIT = 3

/** Tells on stderr what went wrong, and returns the exit code for it. */
export function tellTrouble(error: unknown, argv: readonly string[], world: World = process): number {
  const stack = argv.some((arg) => /^(-v+|--verbose)$/.test(arg))
  tell(troubleScreen(error, { command: commandAsRoot(argv), stack }, styleOf(world)), world)
  return error instanceof ArpcheckError ? error.exitCode : BUG_EXIT
}

/** Tells on stderr what a person should know beside the results. */
export function tellNote(note: string, world: World): void {
  tell(noteScreen(note, styleOf(world)), world)
}

function tell(text: string, { stderr }: World): void {
  if (stderr.listenerCount('error') === 0) stderr.on('error', () => {}) // nobody is left to tell
  stderr.write(text)
}

function styleOf({ env, stderr }: World): Style {
  return styleFor({ color: 'auto', ascii: false }, env, stderr.isTTY)
}
