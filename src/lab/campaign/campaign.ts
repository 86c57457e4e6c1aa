import { episodeOf, FAULT_PLOTS } from './episode.ts'
import type { CampaignOptions } from './options.ts'
import { playAll, type Played } from './player.ts'
import { isRight, rowsOf, scoreOf, type Row, type Score } from './score.ts'
import { matrixText, percent, rowText, verdictsText, wrongText } from './table.ts'

const WORST = 10
/** More than this share that could not be played, and the campaign has shown nothing. */
const UNPLAYED = 0.1

/** Plays a campaign and says how often arpcheck was right; the last line is the sum as JSON. */
export async function campaign(
  options: CampaignOptions,
  ways: { readonly program: string; readonly signal: AbortSignal },
): Promise<number> {
  const { episodes: count, seed, keep, minutes } = options
  const episodes = Array.from({ length: count }, (_, number) => episodeOf(seed, number, FAULT_PLOTS))
  const played: Played[] = []
  await playAll(
    episodes,
    { ...ways, keep, keepFailure: keep ?? 'lab-failures', untilMs: performance.now() + minutes * 60_000 },
    (one) => {
      played.push(one)
      process.stderr.write(progressText(one, played.length, count))
    },
  )
  const unplayed = played.filter(({ trouble }) => trouble !== null)
  const score = scoreOf(played.filter(({ trouble }) => trouble === null).flatMap(rowsFor))
  process.stdout.write(summary(score, { played, unplayed, seed }))
  return isGoodEnough(score, options.atLeast) && unplayed.length <= count * UNPLAYED ? 0 : 1
}

function rowsFor({ episode, report }: Played): Row[] {
  return rowsOf(episode, report)
}

function progressText({ episode, report, trouble, seconds }: Played, done: number, count: number): string {
  const head = `${done}/${count}  #${episode.number} ${episode.plots.join('+')}  ${seconds.toFixed(1)} s`
  if (trouble !== null) return `${head}  not played: ${trouble}\n`
  const wrong = rowsOf(episode, report).filter((row) => !isRight(row))
  return `${head}  ${wrong.length === 0 ? 'as injected' : `${wrong.length} wrong`}\n${wrong.map((row) => `      ${rowText(row)}\n`).join('')}`
}

interface Sum {
  readonly played: readonly Played[]
  readonly unplayed: readonly Played[]
  readonly seed: number
}

function summary(score: Score, { played, unplayed, seed }: Sum): string {
  const { precision, recall, agreement, falseAlarms, vips } = score
  const lines = [
    '',
    matrixText(score),
    '',
    verdictsText(score),
    '',
    `  ${played.length - unplayed.length} episodes with ${vips} VIPs: faults named with precision ${percent(precision)} and recall ${percent(recall)},`,
    `  ${percent(agreement)} of all VIPs as injected, ${falseAlarms} false alarms`,
    ...unplayed.map(({ episode, trouble }) => `  #${episode.number} was not played: ${trouble}`),
    ...(score.wrong.length > 0
      ? ['', wrongText(score, WORST), `  to see one again: npm run campaign -- --seed ${seed} --replay K`]
      : []),
    '',
    JSON.stringify(sumOf(score, { played, unplayed, seed })),
    '',
  ]
  return lines.join('\n')
}

function sumOf(
  { precision, recall, agreement, falseAlarms, vips, wrong }: Score,
  { played, unplayed, seed }: Sum,
): object {
  return {
    episodes: played.length - unplayed.length,
    unplayed: unplayed.length,
    vips,
    precision,
    recall,
    agreement,
    falseAlarms,
    worst: wrong.slice(0, WORST).map(({ episode, plots, truth, said }) => ({
      seed,
      episode,
      plots,
      vip: truth.vip,
      right: truth.admits,
      said,
    })),
  }
}

function isGoodEnough({ precision, recall, agreement }: Score, atLeast: number | null): boolean {
  return atLeast === null || Math.min(precision, recall, agreement) >= atLeast
}
