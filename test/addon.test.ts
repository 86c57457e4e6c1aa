import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ArpcheckError } from '../src/errors.ts'
import { readHostFacts } from '../src/host/facts.ts'
import { watchHost } from '../src/host/watch.ts'

const MARK = 'ARPCHECK_TEST_WITHOUT_ADDON'

/** Codes of what fails where the addon beside this bundle cannot be loaded. */
function codesWithoutAddon(): string[] {
  return [
    () => readHostFacts(),
    () =>
      watchHost(
        () => {},
        () => {},
      ),
  ].map((call) => {
    try {
      call()
      return 'worked'
    } catch (error) {
      return error instanceof ArpcheckError ? error.code : String(error)
    }
  })
}

/** Runs a copy of this bundle in a folder that holds no addon, or `content` in its place. */
function runApart(content?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'arpcheck-'))
  try {
    copyFileSync(__filename, join(folder, 'copy.js'))
    if (content !== undefined) writeFileSync(join(folder, 'arpcheck.node'), content)
    const env = { ...process.env, [MARK]: '1' }
    return spawnSync(process.execPath, [join(folder, 'copy.js')], { env, encoding: 'utf8' }).stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (process.env[MARK] === '1') process.stdout.write(codesWithoutAddon().join(' '))
else {
  for (const [title, content] of [
    ['no addon', undefined],
    ['an addon that is no library', 'not an ELF file'],
  ] as const) {
    test(`${title} → engine-unavailable for facts and watch, not a crash`, () => {
      assert.equal(runApart(content), 'engine-unavailable engine-unavailable')
    })
  }
}
