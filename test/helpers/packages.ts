import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'

/** How an optional package may be found on a machine. */
export type PackageState = 'absent' | 'unbuilt' | 'damaged' | 'built'

/** Why the built package cannot be tested here; false where it can. */
export function packageMissing(name: string): string | false {
  return existsSync(join('node_modules', name, 'build/Release'))
    ? false
    : `${name} is not built here: npm rebuild ${name}`
}

/** Runs a copy of this test bundle, marked by `mark`, where the package is in the given state; returns what it prints. */
export function runWithPackage(
  file: string,
  folder: string,
  name: string,
  state: PackageState,
  mark: string,
): string {
  const home = join(folder, state)
  const installed = join(home, 'node_modules', name)
  mkdirSync(home, { recursive: true })
  copyFileSync(file, join(home, basename(file)))
  if (state !== 'absent')
    cpSync(join('node_modules', name), installed, {
      recursive: true,
      filter: (path) => state === 'built' || !path.includes(`${name}/build`),
    })
  if (state === 'damaged') damage(installed, name)
  const env: NodeJS.ProcessEnv = { ...process.env, [mark]: '1', NODE_TEST_CONTEXT: undefined }
  return spawnSync(process.execPath, [join(home, basename(file))], { env, encoding: 'utf8' }).stdout
}

/** As a build for another machine: there, but no library for this one. */
function damage(installed: string, name: string): void {
  const release = join(installed, 'build/Release')
  mkdirSync(release, { recursive: true })
  copyFileSync('package.json', join(release, name === 'cap' ? 'cap.node' : 'raw.node'))
}
