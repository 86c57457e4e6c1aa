import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { crowd, sweep } from './helpers/crowd.ts'
import { inNamespaces } from './helpers/netns.ts'

inNamespaces(() => {
  void suite('sweeps', () => {
    test('4,096 addresses that a kernel answers → all found in 50 of 50 sweeps', async () => {
      crowd()
      for (let run = 1; run <= 50; run++) {
        const { summary } = await sweep(4096)
        assert.equal(summary.ok, 4096, `sweep ${run}: ${JSON.stringify(summary)}`)
      }
    })
  })
})
