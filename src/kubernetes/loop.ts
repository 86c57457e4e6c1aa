import { controller } from './deadline.ts'
import type { SourceContext } from './source.ts'

/** Something that is done again and again until it is stopped. */
export interface Loop {
  readonly signal: AbortSignal
  /** Ends the turn that is under way; resolves when it has ended. */
  stop(): Promise<void>
}

/** Begins a loop; each turn says how long to wait after it. */
export function startLoop(
  { clock, startAfterMs }: Pick<SourceContext, 'clock' | 'startAfterMs'>,
  turn: (signal: AbortSignal) => Promise<number>,
): Loop {
  const { signal, abort } = abortable()
  async function run(): Promise<void> {
    await clock.sleep(startAfterMs, signal)
    while (!signal.aborted) await clock.sleep(await turn(signal), signal)
  }
  const running = run()
  return {
    signal,
    stop: () => {
      abort()
      return running
    },
  }
}

function abortable(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const made = controller()
  return { signal: made.signal, abort: () => made.abort() }
}
