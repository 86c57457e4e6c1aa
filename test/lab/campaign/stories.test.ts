import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { truthsOf } from '../../../src/lab/campaign/oracle.ts'
import { admittedText } from '../../../src/lab/campaign/table.ts'
import type { Story } from '../../../src/lab/shape.ts'
import { findStory, storyNames } from '../../../src/lab/stories.ts'

/** It speaks neither of a roll-out, nor of permissions that are missing, nor of an API that is away. */
const NOT_SPOKEN_OF = ['mixed-versions', 'rbac-hole', 'api-away']
const OTHER_QUESTIONS = ['explain', 'members', '--no-kube']

/** Told by people, each run with what arpcheck must say: the oracle has to say the same of what it speaks about. */
suite('the oracle and the stories that come along', () => {
  for (const name of storyNames().filter((one) => !NOT_SPOKEN_OF.includes(one))) {
    const { story } = findStory(name)
    for (const [index, step] of story.steps.entries()) {
      const expected = Object.entries(step.expect?.vips ?? {})
      const isTold = story.cluster && step.run && !OTHER_QUESTIONS.some((word) => step.run!.includes(word))
      if (!isTold || expected.length === 0) continue
      test(`${name}, step ${index + 1} → as the story tells`, () => {
        const truths = new Map(truthsOf(until(story, index)).map((truth) => [truth.vip as string, truth]))
        for (const [vip, told] of expected.filter(([, { verdict }]) => verdict !== 'absent')) {
          const admits = truths.get(vip)?.admits ?? []
          const right = admits.some(
            ({ verdict, finding }) => verdict === told.verdict && isAmong(finding, told.findings),
          )
          assert.ok(
            right,
            `${vip}: ${told.verdict} ${told.findings?.join()} is not ${admits.map(admittedText).join(' or ')}`,
          )
        }
      })
    }
  }
})

function until(story: Story, index: number): Story {
  return { ...story, steps: story.steps.slice(0, index + 1) }
}

/** Stories tell findings as a set, the oracle the first of them. */
function isAmong(finding: string | null, told: readonly string[] | undefined): boolean {
  if (!told) return true
  return finding === null ? told.length === 0 : told.some((code) => code === finding)
}
