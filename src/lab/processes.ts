import { readdirSync, readFileSync } from 'node:fs'

/** A process of this machine; numbers are used again, start times are not. */
export interface ProcessId {
  readonly pid: number
  /** Clock ticks since the machine started, as /proc/PID/stat has it. */
  readonly start: string
}

/** The process that has this number now. */
export function processOf(pid: number): ProcessId | undefined {
  const fields = statOf(pid)
  return fields && { pid, start: fields[START]! }
}

export function isAlive({ pid, start }: ProcessId): boolean {
  const fields = statOf(pid)
  return fields !== undefined && fields[START] === start && fields[STATE] !== 'Z'
}

/** The first child of a process; undefined where it has none. */
export function childOf(pid: number): number | undefined {
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return all.find((other) => statOf(other)?.[PARENT] === String(pid))
}

// proc(5): fields of /proc/PID/stat from the third on; the second is a name that may hold spaces and brackets
const STATE = 0
const PARENT = 1
const START = 19

function statOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return undefined
  }
}
