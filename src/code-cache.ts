import { readFileSync } from 'node:fs'
import { createRequire, wrap } from 'node:module'
import { dirname } from 'node:path'
import { Script } from 'node:vm'

/** At the end of a bundle and at the start of its cache: one build made both. */
const MARK_BYTES = 64

type Loader = (module: NodeJS.Module, path: string) => void

/**
 * Bundles whose code was compiled when they were built are not compiled again (docs/decisions/0110). A cache that another Node made
 * is refused by V8, one of another build by its mark: the bundle is then compiled as ever.
 */
export function useCodeCaches(extensions: Record<string, Loader | undefined>): void {
  const load = extensions['.js']!
  extensions['.js'] = (module, path) => {
    const run = compiled(path)
    if (run) run.call(module.exports, module.exports, createRequire(path), module, path, dirname(path))
    else load(module, path)
  }
}

type Wrapped = (this: unknown, ...names: unknown[]) => void

/** Undefined where there is no cache. */
function compiled(path: string): Wrapped | undefined {
  const cache = cacheOf(path)
  if (!cache) return undefined
  // what esbuild writes is ASCII
  const source = readFileSync(path, 'latin1')
  const isOfThisBuild = cache.length > MARK_BYTES && source.endsWith(cache.toString('latin1', 0, MARK_BYTES))
  const cachedData = isOfThisBuild ? cache.subarray(MARK_BYTES) : undefined
  const script = new Script(wrap(source), { filename: path, ...(cachedData && { cachedData }) })
  return script.runInThisContext() as Wrapped
}

function cacheOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path.replace(/\.js$/, '.cache'))
  } catch {
    return undefined
  }
}
