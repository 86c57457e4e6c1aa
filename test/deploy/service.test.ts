import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

// deploy/arpcheck.service, as systemd itself reads it. Not covered: a host that is booted by it.

const skip =
  spawnSync('systemd-analyze', ['--version']).status === 0
    ? false
    : 'needs systemd-analyze: apt-get install -y --no-install-recommends systemd'
const text = readFileSync('deploy/arpcheck.service', 'utf8')

function analyze(t: TestContext, unit: string, ...args: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'arpcheck-unit-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'arpcheck.service')
  writeFileSync(file, unit)
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['--no-pager', ...args, file], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, `${stdout}${stderr}`)
  return `${stdout}${stderr}`
}

test('systemd knows each line of it', { skip }, (t) => {
  // No arpcheck is installed here, and no manual.
  const unit = text.replace('ExecStart=arpcheck ', 'ExecStart=/bin/true ')
  assert.notEqual(unit, text)
  assert.equal(analyze(t, unit, 'verify', '--man=no'), '')
})

test('exposure is 2.0 of 10 at most', { skip }, (t) => {
  assert.match(analyze(t, text, 'security', '--offline=yes', '--threshold=20'), /Overall exposure level/)
})

test('it has the capability to open raw sockets, and no other', () => {
  for (const name of ['AmbientCapabilities', 'CapabilityBoundingSet'])
    assert.match(text, new RegExp(`^${name}=CAP_NET_RAW$`, 'm'))
})
