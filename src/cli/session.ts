import type { CheckOptions } from '../check.ts'
import { systemClock } from '../clock.ts'
import { ArpcheckError } from '../errors.ts'
import { prepare, type Prepared } from './edges.ts'
import type { Settings } from './flags.ts'
import { onInterrupt } from './interrupt.ts'
import { showProgress, type Stage } from './progress.ts'
import type { World } from './streams.ts'
import { tellNote } from './tell.ts'

export const INTERRUPTED = 130

/** What a session is held with. */
export interface Setting {
  readonly settings: Settings
  readonly world: World
  /** What goes wrong beside the check is added here. */
  readonly troubles: ArpcheckError[]
  /** What a person who waits is told. */
  readonly stage: Stage
}

/**
 * Opens what a check needs, runs it until it is done or Ctrl-C, and closes all of it. Null where Ctrl-C came before
 * there was anything to report.
 */
export async function inSession<T>(
  wanted: CheckOptions,
  { settings, world, troubles, stage }: Setting,
  run: (prepared: Prepared, signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const onTrouble = (error: ArpcheckError): void => void troubles.push(error)
  const prepared = await prepare(wanted, settings, { world, onTrouble })
  for (const note of prepared.notes) tellNote(note, world)
  const { signal, release } = onInterrupt()
  const done = new AbortController()
  const progress = showProgress(world, stage, systemClock, done.signal)
  try {
    return await run(prepared, signal)
  } catch (error) {
    if (signal.aborted && !(error instanceof ArpcheckError)) return null
    throw error
  } finally {
    release()
    await prepared.close()
    done.abort()
    await progress
  }
}
