/** linux/capability.h: raw and packet sockets. */
export const NET_RAW = 1 << 13

/** What a thread may do, of /proc/self/task/ID/status. */
export interface ThreadRights {
  /** CapPrm and CapEff, as masks: what it has, and what it could take again. */
  readonly capabilities: bigint
  /** No program that it starts gains any. */
  readonly noNewPrivileges: boolean
  /** Whether a filter of system calls holds for it. */
  readonly filtered: boolean
}

/** Of proc_pid_status(5); a line that is missing counts as the worst that it could say. */
export function rightsOf(status: string): ThreadRights {
  const hex = (name: string): bigint =>
    BigInt(`0x${lineOf(status, name, /[\da-f]{1,16}/) ?? 'ffffffffffffffff'}`)
  return {
    capabilities: hex('CapPrm') | hex('CapEff'),
    noNewPrivileges: lineOf(status, 'NoNewPrivs', /\d/) === '1',
    filtered: lineOf(status, 'Seccomp', /\d/) === '2',
  }
}

function lineOf(status: string, name: string, value: RegExp): string | undefined {
  return new RegExp(`^${name}:\\s*(${value.source})$`, 'm').exec(status)?.[1]
}

/** What of the promise some thread does not keep, a sentence each; none: every thread keeps all of it. */
export function broken(threads: readonly ThreadRights[], keep: number): string[] {
  const count = (breaks: (thread: ThreadRights) => boolean): number => threads.filter(breaks).length
  const lines: readonly (readonly [number, string])[] = [
    [
      count(({ capabilities }) => (capabilities & ~BigInt(keep)) !== 0n),
      'kept capabilities that are not needed',
    ],
    [count(({ noNewPrivileges, filtered }) => !noNewPrivileges || !filtered), 'may make any system call'],
  ]
  const found = lines.filter(([number]) => number > 0)
  if (threads.length === 0) return ['What its threads may do cannot be read.']
  return found.map(([number, what]) => `${number} of ${threads.length} threads ${what}.`)
}
