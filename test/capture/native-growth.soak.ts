import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ownFolder } from '../helpers/folder.ts'
import { cable, inNamespaces } from '../helpers/netns.ts'

// 1,000 opens and closes without Node, under the sanitizers and under Valgrind, which is slow: a twentieth of them.
// Closing a packet socket waits for every CPU (RCU), some 10 ms each. The threads against each other: native-sanitized.soak.ts.

const CYCLES = Number(process.env['SOAK_CYCLES'] ?? 1000)
const FLAGS = ['-std=c++17', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-D_GNU_SOURCE', '-Inative']
/** All of C++ that knows no Node. */
const SOURCES = readdirSync('native')
  .filter((name) => name.endsWith('.cc') && name !== 'addon.cc' && !name.endsWith('_object.cc'))
  .map((name) => `native/${name}`)
const RUNS = [
  ['address,undefined,leak', ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'], [], CYCLES],
  ['thread', ['-fsanitize=thread'], [], CYCLES],
  [
    'valgrind',
    [],
    [
      'valgrind',
      '-q',
      '--leak-check=full',
      '--errors-for-leak-kinds=definite,possible',
      '--error-exitcode=9',
    ],
    Math.ceil(CYCLES / 20),
  ],
] as const

inNamespaces(() => {
  cable('near', 'far')
  for (const [name, flags, before, cycles] of RUNS) {
    test(`${name}: ${cycles} opens and closes → no report, no growth`, (t) => {
      const program = join(ownFolder(), 'cycles')
      const sources = [...SOURCES, 'test/capture/cycles.cc']
      const built = spawnSync('g++', [...FLAGS, ...flags, ...sources, '-o', program, '-lpcap', '-lpthread'], {
        encoding: 'utf8',
      })
      if (built.error) return t.skip('needs g++ and libpcap: apt-get install g++ libpcap-dev')
      assert.equal(built.status, 0, built.stderr)
      const [command = program, ...args] = [...before, program, 'near', 'far', String(cycles)]
      const { status, stdout, stderr, error } = spawnSync(command, args, {
        encoding: 'utf8',
        timeout: 1_800_000,
      })
      if (error && status === null && before.length > 0 && spawnSync('valgrind').error)
        return t.skip('needs valgrind: apt-get install valgrind')
      assert.deepEqual([status, stderr], [0, ''], stdout)
      t.diagnostic(`${name}: ${stdout.trim()}`)
    })
  }
})
