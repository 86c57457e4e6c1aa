import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cable, inNamespaces } from '../helpers/netns.ts'
import { ADDON } from './addon.ts'
import { runNode } from './child.ts'

// 1,000 opens and closes take a minute or two: closing a packet socket waits for every CPU (RCU), some 10 ms each.
const CYCLES = Number(process.env['SOAK_CYCLES'] ?? 1000)
const WARM_UP = 100
const MAX_GROWTH_BYTES = 1536 * 1024

/** In a process of its own, so that nothing but captures uses memory; young objects kept in 1 MB, so that V8 does not grow. */
const FLAGS = ['--expose-gc', '--max-semi-space-size=1']
const PROGRAM = `
  const { readdirSync, readFileSync } = require('node:fs')
  const holder = { exports: {} }
  process.dlopen(holder, process.env.ADDON)
  const options = { filter: 'arp', etherType: 3, snapLength: 128, kernelBufferBytes: 1 << 20, ringFrames: 4096, highRate: 0, foldRepeats: 0 }
  const reply = Buffer.from('ffffffffffff020000000002080600010800060400020200000000020a0900020200000000010a090001'.padEnd(120, '0'), 'hex')
  const [frames, lengths] = [Buffer.concat(Array(10).fill(reply)), new Uint16Array(10).fill(60)]
  const room = new Uint8Array(160 * 4)

  async function cycle() {
    const [near, far] = [new holder.exports.Capture(), new holder.exports.Capture()]
    const came = new Promise((resolve) => near.open({ ...options, device: 'near' }, resolve))
    far.open({ ...options, device: 'far' }, () => {})
    far.send(frames, lengths, 1000)
    await came
    near.drain(room)
    near.close()
    far.close()
  }

  // Without the pages of node's own file, which come in one by one.
  const anonymous = () => 1024 * Number(/RssAnon:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])

  async function footprint(cycles) {
    for (let i = 1; i <= cycles; i++) {
      await cycle()
      // what a closed capture leaves for the collector goes then, not when V8 thinks it worth while
      if (i % 50 === 0) gc()
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
    return { descriptors: readdirSync('/proc/self/fd').length, threads: readdirSync('/proc/self/task').length, bytes: anonymous() }
  }

  (async () => console.log(JSON.stringify([await footprint(${WARM_UP}), await footprint(${CYCLES})])))()
`

interface Footprint {
  readonly descriptors: number
  readonly threads: number
  readonly bytes: number
}

inNamespaces(() => {
  cable('near', 'far')

  test(`${CYCLES} captures, opened, used and closed → no growth of memory, descriptors or threads`, (t) => {
    const { stdout, stderr } = runNode([...FLAGS, '-e', PROGRAM], { ADDON }, 600_000)
    assert.equal(stderr, '')
    const [earlier, later] = JSON.parse(stdout) as [Footprint, Footprint]
    t.diagnostic(`memory: ${earlier.bytes}, then ${later.bytes} bytes`)
    assert.deepEqual({ ...later, bytes: 0 }, { ...earlier, bytes: 0 })
    assert.ok(later.bytes - earlier.bytes < MAX_GROWTH_BYTES, `${earlier.bytes}, then ${later.bytes} bytes`)
  })
})
