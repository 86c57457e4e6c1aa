import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Backend } from '../helpers/backend.ts'
import { prepare, PROBES } from '../helpers/probes.ts'
import { realBackend } from './backend.ts'
import { binary, NOT_HERE } from './real.ts'

// What a real kube-apiserver answers, held against the golden traces that the double is held against too.

const FILE = 'test/fixtures/apiserver/traces.json'
const recording = process.env['ARPCHECK_RECORD'] === '1'
const taken: Record<string, unknown> = {}
let backend: Backend | undefined
before(async () => {
  if (binary === undefined) return
  backend = await realBackend(binary)
  await prepare(backend)
})
after(async () => {
  await backend?.close()
  if (!recording || backend === undefined) return
  mkdirSync('test/fixtures/apiserver', { recursive: true })
  writeFileSync(FILE, `${JSON.stringify(taken, null, 2)}\n`)
})

for (const { title, ask } of PROBES)
  test(`real = golden: ${title}`, { skip: NOT_HERE }, async () => {
    taken[title] = JSON.parse(JSON.stringify((await ask(backend!)) ?? null))
    if (recording) return
    const golden = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, unknown>
    assert.deepEqual(taken[title], golden[title])
  })
