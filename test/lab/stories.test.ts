import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { storyNames } from '../../src/lab/stories.ts'
import { failures, playStory, skipReason, USERS } from './lab.ts'

// Two at a time, as many as a machine has slots for.
for (const user of USERS) {
  suite(`as ${user}`, { concurrency: 2, skip: skipReason(user) }, () => {
    for (const name of storyNames()) {
      test(`story ${name} comes out as told, as ${user}`, async () => {
        const result = await playStory(user, name)
        assert.ok(result.passed, failures(result))
      })
    }
  })
}
