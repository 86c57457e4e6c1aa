import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { reasonOf } from '../src/errors.ts'

function thrownBy(body: () => void): unknown {
  try {
    body()
  } catch (error) {
    return error
  }
  return assert.fail('nothing was thrown')
}

for (const [title, error, reason] of [
  ['a file that is not there', thrownBy(() => readFileSync('/no/such')), 'no such file or directory'],
  ['a folder read as a file', thrownBy(() => readFileSync('/')), 'illegal operation on a directory'],
  ['a full disk', new Error('ENOSPC: no space left on device, write'), 'no space left on device'],
  ['any other mistake', new Error('Expected: a, b'), 'Expected: a, b'],
  ['a text', 'no', 'no'],
] as const) {
  test(`${title} → ${reason}`, () => assert.equal(reasonOf(error), reason))
}
