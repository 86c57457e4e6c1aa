import { lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ArpcheckError } from '../errors.ts'

/** Two labs at once on a machine: more would slow each other down until their stories fail. */
export const SLOTS = 2
/** What flock(1) is told to exit with when a slot is taken; no program of ours uses it. */
export const SLOT_TAKEN = 75

// Not $TMPDIR, which differs between users: the limit is the machine's.
const SHARED = '/tmp/arpcheck-lab'

/**
 * The directories that stand for the machine's slots. Directories, because a sticky /tmp forbids opening another
 * user's file for creation (fs.protected_regular), but flock(1) locks a directory as well.
 */
export function slotPaths(): string[] {
  return Array.from({ length: SLOTS }, (_, n) => join(SHARED, `slot-${n}`)).map((path) => {
    makeDirectory(SHARED)
    makeDirectory(path)
    return path
  })
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o755 })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST' && lstatSync(path).isDirectory()) return
    throw new ArpcheckError('lab-unavailable', `The lab cannot use ${path}, where it counts labs.`, {
      remedy: [`ls -ld ${path}     (it must be a directory; remove it when no lab is running)`],
      cause,
    })
  }
}
