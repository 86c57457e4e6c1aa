// Clusters in which nothing is wrong, while what is ordinary happens in them: some 20 minutes for 200 episodes.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isFault } from '../../../src/core/verdict.ts'
import { episodeOf } from '../../../src/lab/campaign/episode.ts'
import { playAll, type Played } from '../../../src/lab/campaign/player.ts'
import { ORDINARY_PLOTS } from '../../../src/lab/campaign/plots-ordinary.ts'
import { keepingFolder, LAB, skipReason, USERS } from '../lab.ts'

const EPISODES = Number(process.env['EPISODES'] ?? 200)
const SEED = Number(process.env['SEED'] ?? 1)
/** "All unknown" must not pass for healthy: of what was said of VIPs, and of reports that never came. */
const MOST_UNDECIDED = 0.25
const MOST_UNPLAYED = 0.1

suite('healthy episodes', { skip: skipReason(USERS[0]) }, () => {
  test(`${EPISODES} healthy episodes with ordinary change → no fault is reported, and most VIPs are judged`, async () => {
    const played = await play()
    const reports = played.flatMap(({ report }) => report ?? [])
    const verdicts = reports.flatMap(({ vips }) => vips.map(({ verdict }) => verdict))
    process.stdout.write(`${summary(played)}\n`)
    assert.deepEqual(played.flatMap(alarmsIn), [])
    const unplayed = played.filter(({ trouble }) => trouble !== null)
    assert.ok(unplayed.length <= EPISODES * MOST_UNPLAYED, unplayed.map(({ trouble }) => trouble).join('\n'))
    const undecided = verdicts.filter((verdict) => verdict === 'unknown' || verdict === 'settling')
    assert.ok(
      undecided.length <= verdicts.length * MOST_UNDECIDED,
      `${undecided.length} of ${verdicts.length} VIPs are undecided`,
    )
    assert.ok(
      reports.length >= (EPISODES - unplayed.length) * (1 - MOST_UNDECIDED),
      `${reports.length} reports of ${EPISODES}`,
    )
  })
})

async function play(): Promise<Played[]> {
  const episodes = Array.from({ length: EPISODES }, (_, number) => episodeOf(SEED, number, ORDINARY_PLOTS))
  const played: Played[] = []
  const signal = new AbortController().signal
  await playAll(
    episodes,
    { program: LAB, keep: null, keepFailure: keepingFolder(), untilMs: Infinity, signal },
    (one) => played.push(one),
  )
  return played
}

function alarmsIn({ episode, report }: Played): string[] {
  const alarms = report?.vips.filter(({ verdict }) => isFault(verdict)) ?? []
  return alarms.map(
    ({ vip, verdict, findings }) =>
      `episode ${episode.number} of seed ${SEED} (${episode.plots.join(', ')}): ${vip} is ${verdict}, ${findings[0]?.message}\n${episode.file.text}`,
  )
}

/** How often each verdict was given, and what could not be played. */
function summary(played: readonly Played[]): string {
  const counts = new Map<string, number>()
  const count = (what: string): Map<string, number> => counts.set(what, (counts.get(what) ?? 0) + 1)
  for (const { report, trouble } of played) {
    if (trouble !== null) count('not played')
    else if (report === null) count('no report')
    for (const { verdict, reason } of report?.vips ?? [])
      count(reason === null ? verdict : `${verdict}: ${reason}`)
  }
  const told = [...counts].toSorted(([, a], [, b]) => b - a).map(([what, times]) => `${what} ${times}`)
  return `${played.length} healthy episodes of seed ${SEED}: ${told.join(', ')}`
}
