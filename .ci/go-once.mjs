// Builds a Go program once, from pinned modules, into a cache folder outside the repository, named after what it is built
// from. Two compilers at a time, and behind whatever else this machine does.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * A program: its `name`, the folder of its go.mod, the `files` that decide what it is, its `package` and linker `flags`,
 * the oldest Go that builds it, and what to `say` before the long wait.
 */
export function goProgram({ name, as = name, source, files, package: path = '.', flags, go, say }) {
  const folder = join(cacheFolder(), `${name}-${hashOf(source, files)}`)
  const binary = join(folder, as)
  return {
    binary,
    isBuilt: () => existsSync(binary),
    /** Null once it is built, else why it cannot be. */
    build() {
      const reason = tooOld(go)
      if (reason !== null) return reason
      process.stdout.write(`${say}\n`)
      mkdirSync(folder, { recursive: true })
      // A name of its own: two may build at the same time.
      const fresh = `${binary}.${process.pid}`
      const rest = ['-trimpath', '-ldflags', `-s -w ${flags}`, '-o', fresh, path]
      const { status } = spawnSync('nice', ['-n', '15', 'go', 'build', '-p', '2', ...rest], {
        cwd: source,
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      if (status !== 0) return 'go build failed, as above'
      renameSync(fresh, binary)
      return null
    },
  }
}

function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'arpcheck')
}

function hashOf(source, files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(join(source, file)))
  return hash.digest('hex').slice(0, 16)
}

function tooOld([major, minor]) {
  const wanted = `it is built by Go ${major}.${minor} or newer`
  const { stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' })
  const found = /go(\d+)\.(\d+)/.exec(stdout ?? '')
  if (!found) return `${wanted}, which is not here`
  const [is, isMinor] = found.slice(1).map(Number)
  return is < major || (is === major && isMinor < minor) ? `${wanted}; this is ${found[0]}` : null
}
