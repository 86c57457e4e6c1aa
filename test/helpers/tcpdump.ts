import { spawnSync } from 'node:child_process'

/** Why tcpdump cannot give a second opinion here; false where it can. */
export function tcpdumpMissing(): string | false {
  return spawnSync('tcpdump', ['--version']).status === 0
    ? false
    : 'tcpdump is missing: apt-get install tcpdump'
}

/** What tcpdump reads from a capture file, a line a frame: stamp in nanoseconds, Ethernet addresses, length, ARP. */
export function tcpdumpLines(path: string): string[] {
  const args = ['-ttner', path, '--time-stamp-precision=nano']
  const { status, stdout, stderr } = spawnSync('tcpdump', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout.split('\n').filter(Boolean)
}
