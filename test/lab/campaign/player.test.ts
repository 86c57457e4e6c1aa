import assert from 'node:assert/strict'
import { test } from 'node:test'
import { episodeOf, FAULT_PLOTS } from '../../../src/lab/campaign/episode.ts'
import { readOptions } from '../../../src/lab/campaign/options.ts'
import { playAll, type Played } from '../../../src/lab/campaign/player.ts'

const EPISODES = [0, 1, 2].map((number) => episodeOf(1, number, FAULT_PLOTS))
const NEVER = new AbortController().signal

async function played(untilMs: number, signal: AbortSignal, program = 'no/such/lab.js'): Promise<Played[]> {
  const all: Played[] = []
  const options = { program, keep: null, keepFailure: 'no/such/folder', untilMs, signal }
  await playAll(EPISODES, options, (one) => all.push(one))
  return all
}

for (const [what, untilMs, signal, trouble] of [
  ['time is up', -1, NEVER, /^the time was up before it began$/],
  ['somebody has interrupted', Infinity, AbortSignal.abort(), /^interrupted$/],
  ['the lab is missing', Infinity, NEVER, /^The lab runs .*arpcheck\.js, which is missing\.$/],
] as const) {
  test(`${what} → every episode is handed over, and says why it was not played`, async () => {
    const all = await played(untilMs, signal)
    assert.deepEqual(new Set(all.map(({ episode }) => episode.number)), new Set([0, 1, 2]))
    for (const one of all) assert.match(one.trouble ?? '', trouble)
  })
}

test('flags → options; the time grows with the episodes', () => {
  assert.deepEqual(
    readOptions(['--episodes', '300', '--seed', '7', '--replay', '41', '--at-least', '0.95']),
    {
      episodes: 300,
      seed: 7,
      replay: 41,
      keep: null,
      atLeast: 0.95,
      minutes: 75,
    },
  )
})

for (const [argv, message] of [
  [['--episodes', 'many'], /--episodes takes a whole number, not "many"/],
  [['--at-least', 'all'], /--at-least takes a number, not "all"/],
  [['--sed', '1'], /Unknown option '--sed'/],
] as const) {
  test(`${argv.join(' ')} → refused`, () =>
    assert.throws(() => readOptions(argv), { code: 'usage', message }))
}
