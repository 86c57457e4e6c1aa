import { readdirSync, readFileSync } from 'node:fs'
import { loadAddon } from '../addon.ts'
import { syscallFilter, type Allowed } from '../core/privilege/filter.ts'
import { broken, rightsOf, type ThreadRights } from '../core/privilege/rights.ts'
import { ArpcheckError } from '../errors.ts'

/** What native/privilege.cc exports. */
interface PrivilegeAddon {
  /** Takes all other capabilities from every thread, and from those that they will start. */
  readonly keepCapabilities: (mask: number) => void
  /** Lays a filter over every thread, with no new privileges; returns why it could not. */
  readonly denySyscalls: (program: Uint8Array) => string | null
}

export interface Needed extends Allowed {
  /** A mask of capabilities that are needed still. */
  readonly capabilities: number
}

const THREADS = '/proc/self/task'

/**
 * Gives up what this process needs no more, for all its threads and for good. Returns what does not hold all the same,
 * a sentence each: a thread counts by what the kernel says of it. The work goes on either way.
 */
export function giveUp({ capabilities, ...allowed }: Needed): string[] {
  try {
    const addon = loadAddon() as PrivilegeAddon
    addon.keepCapabilities(capabilities)
    const why = denySyscalls(addon, allowed)
    return [...why, ...broken(threads(), capabilities)]
  } catch (error) {
    if (!(error instanceof ArpcheckError)) throw error
    return ['No right is given up: the native addon is not there.']
  }
}

/** Before files are read that root may read by a capability alone: what holds later holds from the start. */
export function keepOnly(capabilities: number): void {
  try {
    ;(loadAddon() as PrivilegeAddon).keepCapabilities(capabilities)
  } catch (error) {
    if (!(error instanceof ArpcheckError)) throw error
  }
}

function denySyscalls(addon: PrivilegeAddon, allowed: Allowed): string[] {
  const program = syscallFilter(process.arch, allowed)
  if (program === null) return [`System calls are not filtered: those of ${process.arch} are not known.`]
  const why = addon.denySyscalls(program)
  return why === null ? [] : [`The kernel takes no filter of system calls: ${why}.`]
}

function threads(): ThreadRights[] {
  return readdirSync(THREADS).flatMap((id) => {
    try {
      return [rightsOf(readFileSync(`${THREADS}/${id}/status`, 'utf8'))]
    } catch {
      return [] // it has ended
    }
  })
}
