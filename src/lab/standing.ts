import { chmodSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ArpcheckError } from '../errors.ts'
import { isAlive, type ProcessId } from './processes.ts'

/** The lab that `lab up` left standing: one for each user. */
export interface Standing {
  readonly holder: ProcessId
  /** Whether it has a user namespace of its own, which a visitor has to enter too. */
  readonly userSpace: boolean
  readonly hosts: readonly string[]
  /** Of its cluster, as a path that is the segment's own; null without one. */
  readonly kubeconfig: string | null
}

/** What stands; undefined where nothing does, or no longer. */
export function readStanding(): Standing | undefined {
  try {
    const standing = JSON.parse(readFileSync(statePath(), 'utf8')) as Standing
    return isAlive(standing.holder) ? standing : undefined
  } catch (error) {
    if (error instanceof ArpcheckError) throw error
    return undefined
  }
}

export function writeStanding(standing: Standing): void {
  writeFileSync(statePath(), JSON.stringify(standing), { mode: 0o600 })
}

export function forgetStanding(): void {
  rmSync(statePath(), { force: true })
}

/** In a folder that nobody else can write to: whoever could would choose what `lab down` kills. */
function statePath(): string {
  const folder = join(runtimeFolder(), `arpcheck-lab-${process.getuid?.()}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stat = lstatSync(folder)
  if (stat.isDirectory() && stat.uid === process.getuid?.()) {
    chmodSync(folder, 0o700)
    return join(folder, 'standing.json')
  }
  throw new ArpcheckError('lab-unavailable', `${folder} belongs to somebody else.`, {
    remedy: [`ls -ld ${folder}     (remove it, or set XDG_RUNTIME_DIR to a folder of yours)`],
  })
}

function runtimeFolder(): string {
  return process.env['XDG_RUNTIME_DIR'] || tmpdir()
}
