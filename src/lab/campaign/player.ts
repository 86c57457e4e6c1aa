import type { Report } from '../../core/report.ts'
import { ArpcheckError } from '../../errors.ts'
import { runStory } from '../run.ts'
import { SLOTS } from '../slots.ts'
import type { Episode } from './episode.ts'

export interface PlayOptions {
  /** dist/lab.js, with arpcheck.js beside it. */
  readonly program: string
  /** Where every episode is left, with its pcap and log; null: nowhere. */
  readonly keep: string | null
  /** Where those are left that the lab could not play to the end. */
  readonly keepFailure: string
  /** Episodes that have not begun by then are not played. */
  readonly untilMs: number
  readonly signal: AbortSignal
}

/** An episode as it went: the report of its last run, or why there is none. */
export interface Played {
  readonly episode: Episode
  readonly report: Report | null
  /** Null where it was played to its end. */
  readonly trouble: string | null
  readonly seconds: number
}

/** Plays them, as many at once as a machine runs labs, and hands over each as it ends. */
export async function playAll(
  episodes: readonly Episode[],
  options: PlayOptions,
  onPlayed: (played: Played) => void,
): Promise<void> {
  const waiting = [...episodes]
  async function work(): Promise<void> {
    for (let episode = waiting.shift(); episode; episode = waiting.shift())
      onPlayed(await play(episode, options))
  }
  await Promise.all(Array.from({ length: SLOTS }, work))
}

async function play(episode: Episode, options: PlayOptions): Promise<Played> {
  const begun = performance.now()
  const ended = (report: Report | null, trouble: string | null): Played => {
    return { episode, report, trouble, seconds: (performance.now() - begun) / 1000 }
  }
  if (options.signal.aborted) return ended(null, 'interrupted')
  if (begun > options.untilMs) return ended(null, 'the time was up before it began')
  try {
    const result = await runStory(episode.file, runOptions(episode, options))
    if (result === 'interrupted') return ended(null, 'interrupted')
    const report = result.runs.at(-1)?.report
    if (result.error !== null) return ended(null, result.error)
    return ended(report?.kind === 'Report' ? report : null, null)
  } catch (error) {
    if (error instanceof ArpcheckError) return ended(null, error.message)
    throw error
  }
}

function runOptions(
  { seed, number }: Episode,
  { program, keep, keepFailure, signal }: PlayOptions,
): Parameters<typeof runStory>[1] {
  return {
    program,
    seed: (seed + number) >>> 1,
    witness: false,
    keepFailure,
    keep,
    write: null,
    onWait: () => {},
    signal,
  }
}
