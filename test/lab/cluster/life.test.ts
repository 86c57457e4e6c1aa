import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { BORN, lifeAfter, type Event } from '../../../src/lab/cluster/life.ts'
import { viewOf } from '../../../src/lab/cluster/moment.ts'
import { momentOf, WEB } from './moment.ts'

const after = (...events: Event[]) =>
  events.reduce((life, event, i) => lifeAfter(life, event, 'nuc-4', i), BORN)

suite('what happens to a node', () => {
  test('its power, the memberlists and the API each have a time of their own', () => {
    const { off, dropped, unheard } = after('off', 'dropped', 'unheard')
    assert.deepEqual(
      [off, dropped, unheard],
      [new Map([['nuc-4', 0]]), new Set(['nuc-4']), new Map([['nuc-4', 2]])],
    )
  })

  test('once the cable is back all is as before', () =>
    assert.deepEqual(after('cut', 'dropped', 'unheard', 'back'), BORN))

  for (const [what, speaker, told, life, view] of [
    ['all that live', 'nuc-1', {}, {}, ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4']],
    ['without the dropped one', 'nuc-1', {}, after('off', 'dropped'), ['nuc-1', 'nuc-2', 'nuc-3']],
    ['itself alone where it was dropped', 'nuc-4', {}, after('cut', 'dropped'), ['nuc-4']],
    ['what the story says', 'nuc-1', { views: { 'nuc-1': ['nuc-4'] } }, after('off', 'dropped'), ['nuc-4']],
    [
      'without a node that has no speaker',
      'nuc-1',
      { nodes: { 'nuc-4': { pod: 'absent' } } },
      {},
      ['nuc-1', 'nuc-2', 'nuc-3'],
    ],
  ] as const) {
    test(`${speaker} takes for members: ${what}`, () =>
      assert.deepEqual(viewOf(speaker, momentOf({ ...WEB, ...told }, life)), view))
  }
})
