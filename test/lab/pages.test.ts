import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { CLASSES, NOT_ON_THE_WIRE, RIVALS, SCENARIOS } from '../../src/lab/catalogue.ts'
import { findStory, storyNames } from '../../src/lab/stories.ts'
import { storiesPage } from '../../src/lab/stories-page.ts'

const stories = storyNames().map((name) => findStory(name).story)
const shown = (field: 'classes' | 'scenarios' | 'rivals') => new Set(stories.flatMap((story) => story[field]))
const missing = (table: object, told: ReadonlySet<number>) =>
  Object.keys(table).filter((number) => !told.has(Number(number)))

test('docs/stories.md tells of each story what is expected of it', () => {
  const page = storiesPage(stories)
  if (process.env['ARPCHECK_UPDATE_GOLDEN'] === '1') writeFileSync('docs/stories.md', page)
  else assert.equal(readFileSync('docs/stories.md', 'utf8'), page, 'ARPCHECK_UPDATE_GOLDEN=1 …')
})

suite('nothing is left out', () => {
  test('each class of failure has a story', () => assert.deepEqual(missing(CLASSES, shown('classes')), []))
  test('each rival explanation has a story', () => assert.deepEqual(missing(RIVALS, shown('rivals')), []))
  test('each scenario of MetalLB has a story, or a reason why not, and never both', () =>
    assert.deepEqual(missing(SCENARIOS, shown('scenarios')), Object.keys(NOT_ON_THE_WIRE)))
})
