// The filters in a process that keeps its capabilities, so that nothing but the filter refuses.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { syscallFilter, type Allowed } from '../../src/core/privilege/filter.ts'
import { ADDON } from '../capture/addon.ts'
import { file } from '../helpers/double.ts'
import { cable, inNamespaces } from '../helpers/netns.ts'

/** What a child does after it has laid a filter over itself. */
const CHILD = `
const holder = { exports: {} }
process.dlopen(holder, process.argv[2])
const { spawnSync } = require('node:child_process')
const { readdirSync, readFileSync } = require('node:fs')
const outcome = (attempt) => { try { attempt(); return 'done' } catch (error) { return error.code ?? error.message } }
const why = holder.exports.denySyscalls(Buffer.from(process.argv[3], 'hex'))
const small = { device: 'near', filter: 'arp', etherType: 3, snapLength: 128, kernelBufferBytes: 1 << 20, ringFrames: 4096, highRate: 0, foldRepeats: 0 }
const effective = /^CapEff:\\s*(\\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]
process.stdout.write(JSON.stringify({
  why,
  hasRawSockets: (BigInt('0x' + effective) & 0x2000n) !== 0n,
  program: spawnSync('true').error?.code ?? 'started',
  packetSocket: outcome(() => { const raw = new holder.exports.Capture(); raw.open(small, () => {}); raw.close() }),
}))
`

inNamespaces(() => {
  cable('near', 'far')
  for (const [title, allowed, program, packetSocket] of [
    ['neither', { programs: false, rawSockets: false }, 'EPERM', 'no-permission'],
    ['packet sockets alone', { programs: false, rawSockets: true }, 'EPERM', 'done'],
    ['packet sockets and programs', { programs: true, rawSockets: true }, 'started', 'done'],
  ] as const)
    test(`a filter that leaves ${title} → that, and nothing more, whatever the capabilities`, (t) => {
      const { why, hasRawSockets, ...tried } = filtered(file(t, 'child.cjs', CHILD), allowed)
      assert.deepEqual([why, hasRawSockets], [null, true])
      assert.deepEqual(tried, { program, packetSocket })
    })

  test('a program that is none → an error, and nothing is laid over anything', (t) => {
    const child = file(t, 'child.cjs', CHILD)
    for (const bytes of ['', '00', '0000000000000000'.repeat(257)]) {
      const { stderr } = spawnSync(process.execPath, [child, ADDON, bytes], { encoding: 'utf8' })
      assert.match(stderr, /denySyscalls takes a program of BPF/)
    }
    const refused = run(child, '0000000000000000')
    assert.match(String(refused['why']), /Invalid argument/)
  })
})

function filtered(child: string, allowed: Allowed): Record<string, unknown> {
  return run(child, Buffer.from(syscallFilter(process.arch, allowed)!).toString('hex'))
}

function run(child: string, program: string): Record<string, unknown> {
  const { stdout, stderr } = spawnSync(process.execPath, [child, ADDON, program], { encoding: 'utf8' })
  assert.equal(stderr, '')
  return JSON.parse(stdout) as Record<string, unknown>
}
