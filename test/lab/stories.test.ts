import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { storyNames } from '../../src/lab/stories.ts'
import { failures, playStory, skipReason, USERS } from './lab.ts'

/** Enough to show that the lab works as root too; `npm run soak -- lab/stories` plays all as both. */
const FEW = ['seed-incident', 'healthy', 'silent', 'two-nodes-answer', 'stranger']

// May take 900 s: a lab of its own for each story, and labs of others on the same machine come first.
// Two at a time, as many as a machine has slots for.
for (const user of USERS) {
  suite(`as ${user}`, { concurrency: 2, skip: skipReason(user) }, () => {
    for (const name of user === 'root' ? FEW : storyNames()) {
      test(`story ${name} comes out as told, as ${user}`, async () => {
        const result = await playStory(user, name)
        assert.ok(result.passed, failures(result))
      })
    }
  })
}
