import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterExpectation, Vote } from '../../../src/core/expectation.ts'
import { stanceOf, turnOf } from '../../../src/core/watch/stance.ts'

const NUC_1: Vote = { by: 'nuc-1', elects: 'nuc-4' }
const NUC_2: Vote = { by: 'nuc-2', elects: 'nuc-4' }

function expecting(votes: readonly Vote[]): ClusterExpectation {
  const share = { service: 'ingress/traefik', refusal: null, answerers: ['nuc-4'], possible: [], votes }
  return { kind: 'nobody', shares: [share], assumed: [] }
}

for (const [title, before, after, expected] of [
  ['nothing is new', [['nuc-4'], [NUC_1, NUC_2]], [['nuc-4'], [NUC_1, NUC_2]], 'none'],
  ['another should answer', [['nuc-4'], [NUC_1]], [['nuc-1'], [NUC_1]], 'owner'],
  ['one more may answer', [['nuc-4'], [NUC_1]], [['nuc-4', 'nuc-1'], [NUC_1]], 'owner'],
  [
    'one speaker elects another',
    [['nuc-4'], [NUC_1, NUC_2]],
    [['nuc-4'], [NUC_1, { by: 'nuc-2', elects: 'nuc-1' }]],
    'membership',
  ],
  [
    'one elects nobody any more',
    [['nuc-4'], [NUC_1]],
    [['nuc-4'], [{ ...NUC_1, elects: null }]],
    'membership',
  ],
  ['a view cannot be read any more', [['nuc-4'], [NUC_1, NUC_2]], [['nuc-4'], [NUC_1]], 'none'],
  ['a view is read for the first time', [['nuc-4'], [NUC_1]], [['nuc-4'], [NUC_1, NUC_2]], 'none'],
] as const) {
  test(`${title} → ${expected}`, () => {
    const [was, is] = [before, after].map(([nodes, votes]) => stanceOf(expecting(votes), nodes))
    assert.equal(turnOf(was, is!), expected)
  })
}

test('what was not known before has not turned', () => {
  assert.equal(turnOf(undefined, stanceOf(undefined, [])), 'none')
})
