import assert from 'node:assert/strict'
import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cable, inNamespaces, ipCommand } from '../helpers/netns.ts'
import { until } from '../helpers/until.ts'

const SOURCES = ['capture', 'sender', 'link_watch', 'frame_ring', 'repeats'].map(
  (name) => `native/${name}.cc`,
)
const ROUNDS = process.env['SOAK_ROUNDS'] ?? '30'

inNamespaces(() => {
  cable('near', 'far')
  for (const sanitizers of ['thread', 'address,undefined,leak']) {
    test(`${sanitizers}: the threads of a capture, its floods, its link that flaps and its end → no report`, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'arpcheck-stress-'))
      t.after(() => rmSync(folder, { recursive: true }))
      const program = join(folder, 'stress')
      const built = compile(sanitizers, program)
      if (built.error) return t.skip('needs g++ and libpcap: apt-get install g++ libpcap-dev')
      assert.equal(built.status, 0, built.stderr)
      const { status, said } = await runWhileTheLinkFlaps(program)
      assert.equal(status, 0, said)
      assert.doesNotMatch(said, /Sanitizer|runtime error/)
      t.diagnostic(said.trim())
    })
  }
})

function compile(sanitizers: string, program: string): SpawnSyncReturns<string> {
  const flags = ['-std=c++17', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-D_GNU_SOURCE', '-Inative']
  return spawnSync(
    'g++',
    [
      ...flags,
      `-fsanitize=${sanitizers}`,
      ...SOURCES,
      'test/capture/stress.cc',
      '-o',
      program,
      '-lpcap',
      '-lpthread',
    ],
    { encoding: 'utf8' },
  )
}

async function runWhileTheLinkFlaps(program: string): Promise<{ status: number | null; said: string }> {
  const child = spawn(program, ['near', 'far', ROUNDS], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (said += data.toString()))
  let flaps = 0
  await until(
    'the program ends',
    () => {
      if (flaps++ % 100 === 99) for (const state of ['down', 'up']) ipCommand(`link set near ${state}`)
      return child.exitCode !== null || child.signalCode !== null
    },
    300_000,
  )
  return { status: child.exitCode, said }
}
