import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { storyNames } from '../../src/lab/stories.ts'
import { failures, playStory, skipReason, USERS } from './lab.ts'

// Every story ten times in a row for each user, two at a time: some 12 minutes for root and ordinary user together.
const ROUNDS = Number(process.env['SOAK_ROUNDS'] ?? 10)

for (const user of USERS) {
  suite(`as ${user}`, { concurrency: 2, skip: skipReason(user) }, () => {
    for (const name of storyNames()) {
      test(`story ${name} comes out as told ${ROUNDS} times in a row, as ${user}`, async () => {
        for (let round = 0; round < ROUNDS; round++) {
          const result = await playStory(user, name)
          assert.ok(result.passed, `round ${round + 1}, seed ${result.seed}: ${failures(result)}`)
        }
      })
    }
  })
}
