import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { parseIp, type Ip } from '../core/ip.ts'

/** What the last good run saw of one cluster: enough to ask on while its API is away. */
export interface VipList {
  /** Milliseconds since 1970. */
  readonly savedAtMs: number
  readonly vips: readonly SavedVip[]
  /** Names, for completion. Absent in lists that earlier versions kept. */
  readonly nodes?: readonly string[]
}

export interface SavedVip {
  readonly vip: Ip
  readonly services: readonly string[]
  readonly pool: string | null
}

/** More is neither kept nor believed. */
const MAX_VIPS = 4096
const MAX_NODES = 1024
const MAX_BYTES = 1_048_576
const MAX_NAME = 512
const VERSION = 1
/** Clusters that completion looks at. */
const MAX_LISTS = 16

/** One file a cluster, below `$XDG_CACHE_HOME/arpcheck` (XDG Base Directory: `~/.cache` where that is not set). */
export class VipCache {
  readonly #folder: string
  readonly #path: string
  readonly #origin: string | null

  /** `origin` null: whichever cluster the file is of. */
  constructor(folder: string, origin: string | null, name = nameFor(origin ?? '')) {
    this.#folder = folder
    this.#origin = origin
    this.#path = join(folder, name)
  }

  /** Null where there is none, or none that can be trusted. */
  async load(): Promise<VipList | null> {
    try {
      return listOf(JSON.parse(await readBounded(this.#path)), this.#origin)
    } catch {
      return null // no file, not ours, or not JSON: as if nothing had been kept
    }
  }

  /** Keeps the list in place of the one before; rejects where that cannot be done. */
  async save({ savedAtMs, vips, nodes }: VipList): Promise<void> {
    await ownFolder(this.#folder)
    await removeDrafts(this.#path)
    const bounded = { vips: vips.slice(0, MAX_VIPS), nodes: nodes?.slice(0, MAX_NODES) }
    const kept = { version: VERSION, origin: this.#origin, savedAtMs, ...bounded }
    const draft = `${this.#path}.${process.pid}`
    try {
      await writeNew(draft, `${JSON.stringify(kept)}\n`)
      await rename(draft, this.#path)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  }
}

/** VIPs and nodes of any cluster's list, for completion. */
export async function remembered(folder: string): Promise<{ vips: Ip[]; nodes: string[] }> {
  const names = await readdir(folder).catch(() => [])
  const loading = names
    .filter((name) => name.endsWith('.json'))
    .slice(0, MAX_LISTS)
    .map((name) => new VipCache(folder, null, name).load())
  const lists = (await Promise.all(loading)).filter((list) => list !== null)
  return {
    vips: [...new Set(lists.flatMap((list) => list.vips.map(({ vip }) => vip)))],
    nodes: [...new Set(lists.flatMap((list) => list.nodes ?? []))],
  }
}

/** Where lists are kept; null where the environment names no place. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string | null {
  const { XDG_CACHE_HOME: named = '', HOME: home = '' } = env
  if (isAbsolute(named)) return join(named, 'arpcheck')
  return isAbsolute(home) ? join(home, '.cache/arpcheck') : null
}

function nameFor(origin: string): string {
  return `${createHash('sha256').update(origin).digest('hex').slice(0, 16)}.json`
}

/** Root writes nothing into somebody else's folder, where a link could lead it anywhere (`sudo -E`). */
async function ownFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { uid, mode } = await stat(folder)
  if (uid !== process.geteuid?.()) throw new Error(`${folder} belongs to another user`)
  if ((mode & 0o777) !== 0o700) await chmod(folder, 0o700)
}

/** What runs that were killed while they wrote have left. */
async function removeDrafts(path: string): Promise<void> {
  const [folder, start] = [dirname(path), `${basename(path)}.`]
  const names = (await readdir(folder)).filter((name) => name.startsWith(start))
  const left = names.filter((name) => isOver(name.slice(start.length)))
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })))
}

function isOver(pid: string): boolean {
  try {
    return /^[1-9]\d*$/.test(pid) && !process.kill(Number(pid), 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
  const file = await open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600)
  try {
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const { size, uid } = await file.stat()
    if (size > MAX_BYTES || uid !== process.geteuid?.()) throw new Error('not ours')
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** The file is ours, but may be of another version, or damaged: every field is looked at. */
function listOf(file: unknown, wanted: string | null): VipList | null {
  const { version, origin, savedAtMs, vips, nodes } = recordOf(file)
  if (version !== VERSION || origin !== (wanted ?? origin) || !Number.isSafeInteger(savedAtMs)) return null
  if (!Array.isArray(vips) || vips.length > MAX_VIPS) return null
  const read = vips.map(savedVipOf)
  if (read.includes(null)) return null
  return { savedAtMs: savedAtMs as number, vips: read as SavedVip[], ...nodesOf(nodes) }
}

/** Node names are only offered to a shell: a list of them that is damaged costs no VIP. */
function nodesOf(nodes: unknown): Pick<VipList, 'nodes'> {
  return Array.isArray(nodes) && nodes.length <= MAX_NODES && nodes.every(isNode) ? { nodes } : {}
}

function savedVipOf(entry: unknown): SavedVip | null {
  const { vip, services, pool } = recordOf(entry)
  const ip = typeof vip === 'string' ? parseIp(vip) : undefined
  const isNamed = pool === null || isName(pool)
  if (!ip || !isNamed || !Array.isArray(services) || !services.every(isName)) return null
  return { vip: ip, services, pool }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME
}

/** RFC 1123, as Kubernetes wants it; a shell must be able to take it as it is. */
function isNode(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z\d][a-z\d.-]{0,252}$/.test(value)
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
