import assert from 'node:assert/strict'
import { test } from 'node:test'
import { managedBy } from '../../src/lab/api/managed.ts'
import { node } from '../../src/lab/api/objects.ts'
import type { ApiObject } from '../../src/lab/api/kinds.ts'

// Who wrote what of an object, as the API double tells it.

const FIRST = '2026-01-01T00:00:00Z'
const THEN = '2026-02-01T00:00:00Z'
const LAB = { manager: 'lab', part: 'all' } as const
const NUC = { name: 'nuc-1', ip: '192.168.1.11' }

/** The object as the server keeps it. */
function stored(object: ApiObject): ApiObject {
  const managedFields = managedBy(LAB, object, null, FIRST)
  return { ...object, metadata: { ...object.metadata, uid: 'u', resourceVersion: '1', managedFields } }
}

for (const [what, after, expected] of [
  ['its condition alone', node({ ...NUC, ready: null }), { main: FIRST, status: THEN }],
  ['a label alone', node({ ...NUC, labels: { rack: 'a' } }), { main: THEN, status: FIRST }],
  ['nothing', node(NUC), { main: FIRST, status: FIRST }],
] as const) {
  test(`a Node is written again, and ${what} has changed → ${JSON.stringify(expected)}`, () => {
    const entries = managedBy(LAB, after, stored(node(NUC)), THEN)
    const timeOf = (subresource?: string) => entries.find((entry) => entry.subresource === subresource)?.time
    assert.deepEqual({ main: timeOf(), status: timeOf('status') }, expected)
  })
}

test('a label is named, and what the server itself writes is not', () => {
  const [main] = managedBy(LAB, node({ ...NUC, labels: { rack: 'a' } }), stored(node(NUC)), THEN).filter(
    ({ subresource }) => subresource === undefined,
  )
  assert.deepEqual(main?.fieldsV1, {
    'f:metadata': {
      'f:labels': { 'f:kubernetes.io/hostname': {}, 'f:kubernetes.io/os': {}, 'f:rack': {} },
    },
  })
})
