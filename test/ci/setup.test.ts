import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

// Not covered: that apt-get and npm install what they are asked for; a fresh clone in CI shows that.

const folder = mkdtempSync(join(tmpdir(), 'arpcheck-setup-'))
symlinkSync(process.execPath, join(folder, 'node'))
after(() => rmSync(folder, { recursive: true, force: true }))

interface Package {
  readonly package: string
  readonly proof: readonly string[]
  readonly for: string
}

test('a machine without compiler and apt-get → 3, with what is missing, what for, and the line that installs it', () => {
  const { status, stderr } = setup(['--quiet', 'build'], folder)
  assert.match(stderr, /^Missing on this machine:\n\n {2}g\+\+ +compiles native\/\n/)
  assert.match(stderr, /\n {2}(?:sudo )?apt-get install -y --no-install-recommends g\+\+ make python3\b.*\n/)
  assert.equal(status, 3)
})

test('an unknown stage → 3, with the stages there are', () => {
  const { status, stderr } = setup(['benhc'], process.env['PATH'] ?? '')
  assert.match(stderr, /Unknown stage benhc; there are build, demo, test, bench, fuzz\./)
  assert.equal(status, 3)
})

test('each system package is named once, with a proof and a purpose', () => {
  const table = JSON.parse(readFileSync('.ci/packages.json', 'utf8')) as Record<string, Package[]>
  const rows = Object.values(table).flat()
  assert.equal(new Set(rows.map((row) => row.package)).size, rows.length)
  for (const row of rows) assert.ok(row.proof.length > 0 && row.for.length > 0, row.package)
})

function setup(args: readonly string[], path: string) {
  const env = { ...process.env, PATH: path, NODE_EXTRA_CA_CERTS: '' }
  return spawnSync(process.execPath, ['.ci/setup.mjs', ...args], { encoding: 'utf8', env, timeout: 60_000 })
}
