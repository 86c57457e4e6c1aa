import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

/** A folder of the test file's own, removed when its tests are over. */
export function ownFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'arpcheck-'))
  after(() => rmSync(path, { recursive: true }))
  return path
}
