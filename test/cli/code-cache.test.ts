// Bundles come with compiled code (docs/decisions/0110); what cannot be used must cost no more than its use.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { ownFolder } from '../helpers/folder.ts'
import { PROGRAM } from '../helpers/program.ts'

const folder = ownFolder()
const hook = join(folder, 'hook.cjs')
writeFileSync(
  hook,
  `const vm = require('node:vm')
   const { Script } = vm
   vm.Script = class extends Script {
     constructor(source, options) {
       super(source, options)
       console.error('cache ' + (options.cachedData ? (this.cachedDataRejected ? 'refused' : 'taken') : 'left'))
     }
   }`,
)

/** A copy of dist/ whose cache was changed; what became of it, and what the program printed. */
function started(change: (cache: string) => void): { cache: string | undefined; isHelp: boolean } {
  const dist = join(folder, 'dist')
  rmSync(dist, { recursive: true, force: true })
  mkdirSync(dist)
  for (const name of ['arpcheck.js', 'cli.js', 'cli.cache'])
    cpSync(join(dirname(PROGRAM), name), join(dist, name))
  change(join(dist, 'cli.cache'))
  const { PATH = '' } = process.env
  const options = { env: { PATH, HOME: folder }, encoding: 'utf8' } as const
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['-r', hook, join(dist, 'arpcheck.js'), '--help'],
    options,
  )
  return { cache: /^cache (\w+)$/m.exec(stderr)?.[1], isHelp: stdout.includes('--iface') }
}

for (const [what, change, cache] of [
  ['as it was built', () => {}, 'taken'],
  ['made by another Node', (path: string) => alter(path, 64 + 4), 'refused'],
  ['made with another build', (path: string) => alter(path, 0), 'left'],
  ['cut short', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 5000)), 'refused'],
  ['empty', (path: string) => writeFileSync(path, ''), 'left'],
  ['not there', (path: string) => rmSync(path), undefined],
] as const) {
  test(`compiled code ${what} is ${cache ?? 'missed'}, and the program runs`, () =>
    assert.deepEqual(started(change), { cache, isHelp: true }))
}

/** V8 keeps its version's hash in the second word of four bytes. */
function alter(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at]! ^= 0xff
  writeFileSync(path, bytes)
}
