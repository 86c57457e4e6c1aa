import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseStory } from '../../src/lab/story.ts'

// What a story may wait for of its daemons' metrics; what four real ones say: four-daemons.soak.ts.

for (const [until, said] of [
  ['every arpcheck_vantages == 2', /the story has no daemons/],
  ['nuc-9 arpcheck_vantages == 2', /there is no host "nuc-9"/],
  ['every arpcheck_vantages', /write: NUMBER who-has ADDRESS, or any, every or HOST, METRIC/],
] as const) {
  test(`until: ${until} → refused, with ${String(said)}`, () => {
    const daemons = said.source.includes('nuc-9') ? '  daemons: true\n' : '  services: {}\n'
    const story = `name: one\ntells: One.\ncluster:\n${daemons}steps:\n  - until: ${until}\n`
    assert.throws(
      () => parseStory(story, 'one.yaml'),
      (error: Error) => said.test(String([error.message, ...(error as { remedy?: string[] }).remedy!])),
    )
  })
}
