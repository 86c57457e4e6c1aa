import type { Report } from '../../core/report.ts'
import { ArpcheckError } from '../../errors.ts'
import { runStory } from '../run.ts'
import { SLOTS } from '../slots.ts'
import type { Episode } from './episode.ts'

const ATTEMPTS = 3
const TOO_LATE = 'the time was up before it began'
const INTERRUPTED = 'interrupted'

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
  const went = begun > options.untilMs ? trouble(TOO_LATE) : await attempt(episode, options, ATTEMPTS)
  return { episode, ...went, seconds: (performance.now() - begun) / 1000 }
}

type Went = Pick<Played, 'report' | 'trouble'>

/** What cannot begin, because others have taken the machine's labs for minutes, may a little later. */
async function attempt(episode: Episode, options: PlayOptions, left: number): Promise<Went> {
  if (options.signal.aborted) return trouble(INTERRUPTED)
  try {
    return wentAs(await runStory(episode.file, runOptions(episode, options)))
  } catch (error) {
    if (!(error instanceof ArpcheckError)) throw error
    return left > 1 && performance.now() < options.untilMs
      ? attempt(episode, options, left - 1)
      : trouble(error.message)
  }
}

function wentAs(result: Awaited<ReturnType<typeof runStory>>): Went {
  if (result === 'interrupted') return trouble(INTERRUPTED)
  const report = result.runs.at(-1)?.report
  if (result.error !== null) return trouble(result.error)
  return { report: report?.kind === 'Report' ? report : null, trouble: null }
}

function trouble(words: string): Went {
  return { report: null, trouble: words }
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
