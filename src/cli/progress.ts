import type { Clock } from '../clock.ts'
import { elapsed } from './screens/units.ts'

const FIRST_MS = 1000
const STEP_MS = 500
/** Back to the start of the line, and the line away (ECMA-48 EL). */
const ERASE = '\r\u001B[K'

/** What is being done now; it may change meanwhile. */
export interface Stage {
  what: string
  /** How long all of it takes, as well as that is known. */
  aboutMs: number
}

/**
 * Tells a person who waits for more than a second what for, on one line of stderr that goes away again.
 * Ends, and resolves, with `done`.
 */
export async function showProgress(
  { stderr, env }: { stderr: NodeJS.WriteStream; env: Readonly<Record<string, string | undefined>> },
  stage: Stage,
  clock: Clock,
  done: AbortSignal,
): Promise<void> {
  if (!stderr.isTTY || env['TERM'] === 'dumb') return
  await clock.sleep(FIRST_MS, done)
  for (let spentMs = FIRST_MS; !done.aborted; spentMs += STEP_MS) {
    const { what, aboutMs } = stage
    const of = aboutMs > spentMs ? ` of about ${elapsed(aboutMs)}` : ''
    stderr.write(`${ERASE}     ${what}, ${elapsed(spentMs)}${of}`)
    await clock.sleep(STEP_MS, done)
    if (done.aborted) stderr.write(ERASE)
  }
}
