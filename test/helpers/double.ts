import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import { type ApiDouble, type DoubleOptions, startDouble } from '../../src/lab/api/double.ts'
import { type Authority, createAuthority } from '../../src/lab/api/certificates.ts'
import { until } from './until.ts'

let authority: Authority | undefined

/** The double over TLS with these objects, until the test ends. */
export async function doubleWith(
  t: TestContext,
  objects: readonly ApiObject[],
  options: DoubleOptions = {},
): Promise<ApiDouble> {
  authority ??= createAuthority('arpcheck-test-ca', Date.now())
  const double = await startDouble({ authority, ...options })
  objects.forEach((object) => double.api.apply(object))
  t.after(async () => double.close())
  return double
}

/** A folder that is gone when the test has ended. */
export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'arpcheck-test-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Writes a file below a folder of its own; returns its path. */
export function file(t: TestContext, name: string, text: string): string {
  const path = join(folder(t), name)
  writeFileSync(path, text)
  return path
}

/** Sockets that this process holds open to that port: none may be left when something has been closed. */
export function socketsTo(port: number): number {
  // Node tells its open handles under this name alone.
  const handles = Reflect.get(process, '_getActiveHandles') as () => { remotePort?: number }[]
  return handles.call(process).filter(({ remotePort }) => remotePort === port).length
}

export async function noSocketTo(port: number): Promise<void> {
  await until(`no socket to port ${port}`, () => socketsTo(port) === 0)
}
