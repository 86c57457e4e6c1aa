import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Process } from '../core/host.ts'
import { socketInode } from './listeners.ts'

/** Looked at no further, at up to 20 µs each: a large node holds many, and who listens is a hint, not a verdict. */
const MOST_DESCRIPTORS = 20_000

/**
 * Which process holds each of these sockets, as far as this one may see: root sees all of its own PID namespace, others
 * their own processes. Of several that share one the oldest is named.
 */
export function holdersOf(
  inodes: ReadonlySet<number>,
  { proc = '/proc', most = MOST_DESCRIPTORS } = {},
): ReadonlyMap<number, Process> {
  const holders = new Map<number, Process>()
  let looks = 0
  for (const pid of namesIn(proc).filter((name) => /^\d+$/.test(name))) {
    for (const fd of namesIn(`${proc}/${pid}/fd`)) {
      if (holders.size === inodes.size || looks++ === most) return holders
      const inode = socketInode(linkOf(`${proc}/${pid}/fd/${fd}`))
      if (inode !== undefined && inodes.has(inode) && !holders.has(inode))
        holders.set(inode, { pid: Number(pid), name: nameOf(`${proc}/${pid}/comm`) })
    }
  }
  return holders
}

/** Where a link points; '' when it went away meanwhile. */
export function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/** Nothing where the process ended meanwhile, or is another user's. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function nameOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd()
  } catch {
    return '?'
  }
}
