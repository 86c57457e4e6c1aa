import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Backend } from '../helpers/backend.ts'
import { doubleBackend } from '../helpers/backend-double.ts'
import { prepare, PROBES } from '../helpers/probes.ts'

// The double answers as the real server did when its traces were taken (test/apiserver/traces.test.ts takes them).

const golden = JSON.parse(readFileSync('test/fixtures/apiserver/traces.json', 'utf8')) as Record<
  string,
  unknown
>
let backend: Backend
before(async () => {
  backend = await doubleBackend()
  await prepare(backend)
})
after(() => backend.close())

for (const { title, ask } of PROBES)
  test(`double = real: ${title}`, async () => {
    assert.deepEqual(JSON.parse(JSON.stringify((await ask(backend)) ?? null)), golden[title])
  })

test('each trace of the real server is asked of the double', () =>
  assert.deepEqual(
    Object.keys(golden),
    PROBES.map(({ title }) => title),
  ))
