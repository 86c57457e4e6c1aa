import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { cable, inNamespaces } from '../helpers/netns.ts'
import { rawCapture, smallOptions } from './addon.ts'
import { replies } from './contract.ts'

// 1,000 opens and closes take about a minute: closing a packet socket waits for every CPU (RCU), some 10 ms each.
const CYCLES = Number(process.env['SOAK_CYCLES'] ?? 1000)
const MAX_GROWTH_BYTES = 8 * 1024 * 1024

inNamespaces(() => {
  cable('near', 'far')

  test(`${CYCLES} captures, opened, used and closed → no growth of memory, descriptors or threads`, async (t) => {
    for (let i = 0; i < 50; i++) await cycle()
    const earlier = footprint()
    for (let i = 0; i < CYCLES; i++) await cycle()
    const later = footprint()
    t.diagnostic(`resident memory grew by ${later.bytes - earlier.bytes} bytes`)
    assert.deepEqual({ ...later, bytes: 0 }, { ...earlier, bytes: 0 })
    assert.ok(later.bytes - earlier.bytes < MAX_GROWTH_BYTES, `${later.bytes - earlier.bytes} bytes`)
  })
})

async function cycle(): Promise<void> {
  const [near, far] = [rawCapture(), rawCapture()]
  const came = new Promise((resolve) => near.open(smallOptions('near'), resolve))
  far.open(smallOptions('far'), () => {})
  far.send(Buffer.concat(replies(10)), new Uint16Array(10).fill(60), 1000)
  await came
  near.drain(new Uint8Array(144 * 4))
  for (const each of [near, far]) each.close()
}

function footprint(): { descriptors: number; threads: number; bytes: number } {
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    bytes: process.memoryUsage.rss(),
  }
}
