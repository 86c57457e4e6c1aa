import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

// Every fuzz target for a minute, or SOAK_SECONDS each, two at a time. Another SEED looks elsewhere.

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 60)
const SEED = process.env['SEED'] ?? '2'

test(`${SECONDS} s of each fuzz target → no crash`, { timeout: (SECONDS * 16 + 600) * 1000 }, async (t) => {
  const args = ['.ci/fuzz.mjs', '--seconds', String(SECONDS), '--seed', SEED, '--coverage']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (data: Buffer) => (said += data.toString()))
  const [status] = (await once(child, 'exit')) as [number | null]
  for (const line of said.trim().split('\n')) t.diagnostic(line)
  assert.equal(status, 0)
})
