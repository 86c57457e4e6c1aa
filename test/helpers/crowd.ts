import { check, type CheckOptions } from '../../src/check.ts'
import { ipv4Number, ipv4Of, parseIp } from '../../src/core/ip.ts'
import type { Report } from '../../src/core/report.ts'
import { liveEdges } from '../../src/live.ts'
import { cable, ipCommand, machine, type Machine } from './netns.ts'

const FIRST = ipv4Number(parseIp('10.20.0.0')!)

/**
 * A cable with a machine at its far end whose kernel answers for the whole of 10.20.0.0/16. Our own address lies
 * outside of that range: inside it the other kernel would take our questions for its own, and keep silent.
 */
export function crowd(): Machine {
  const other = machine()
  cable('eno1', 'far')
  other.adopt('far')
  other.run('ip', 'link', 'set', 'lo', 'up')
  other.run('ip', 'link', 'set', 'far', 'up')
  other.run('ip', 'addr', 'add', '10.21.0.2/15', 'dev', 'far')
  other.run('ip', 'route', 'add', 'local', '10.20.0.0/16', 'dev', 'lo')
  ipCommand('addr add 10.21.0.1/15 dev eno1')
  return other
}

/** Asks once for the first `count` addresses of the crowd, as fast as the kernel takes the frames. */
export function sweep(count: number): Promise<Report> {
  const targets = Array.from({ length: count }, (_, i) => ({ vip: ipv4Of(FIRST + i), macs: null }))
  const pace = { count: 1, intervalMs: 250, timeoutMs: 1000, rate: null, sender: 'auto' } as const
  const options: CheckOptions = { targets, mustBeFree: [], interfaces: ['eno1'], ...pace }
  return check(options, liveEdges(), new AbortController().signal)
}
