import { runStory } from '../run.ts'
import type { Report } from '../../core/report.ts'
import { episodeOf, FAULT_PLOTS } from './episode.ts'
import { isRight, rowsOf } from './score.ts'
import { admittedText, rowText } from './table.ts'

interface Ways {
  readonly program: string
  readonly keep: string | null
  readonly signal: AbortSignal
}

/** Prints one episode, plays it as a story, and says whether arpcheck was right. */
export async function replay(seed: number, number: number, { program, keep, signal }: Ways): Promise<number> {
  const episode = episodeOf(seed, number, FAULT_PLOTS)
  const write = (text: string): void => void process.stdout.write(text)
  write(`${episode.file.text}\n`)
  for (const { vip, admits } of episode.truths)
    write(`right: ${vip}  ${admits.map(admittedText).join(' or ')}\n`)
  const onWait = (): void => void process.stderr.write('…  two labs are running: waiting for one to end\n')
  const told = await runStory(episode.file, {
    program,
    seed: (seed + number) >>> 1,
    witness: false,
    keepFailure: keep ?? 'lab-failures',
    keep,
    write,
    onWait,
    signal,
  })
  if (told === 'interrupted') return 130
  const report = told.runs.at(-1)?.report
  const rows = rowsOf(episode, report?.kind === 'Report' ? (report satisfies Report) : null)
  for (const row of rows) write(`${isRight(row) ? '✓' : '✗'} ${rowText(row)}\n`)
  return rows.every(isRight) ? 0 : 1
}
