import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { crowd, sweep } from './helpers/crowd.ts'
import { inNamespaces } from './helpers/netns.ts'

inNamespaces(() => {
  void suite('a sweep', () => {
    test('4,096 addresses that a kernel answers, asked once at full speed → all found, no frame lost', async () => {
      crowd()
      const { summary, frames } = await sweep(4096)
      assert.deepEqual(summary, { total: 4096, ok: 4096, faults: 0, untested: 0 })
      assert.deepEqual(frames, { sent: 4096, received: 8192, kernelDrops: 0, ringDrops: 0, ignored: {} })
    })
  })
})
