import { systemClock } from './clock.ts'
import type { Ip } from './core/ip.ts'
import { ArpcheckError } from './errors.ts'
import { echo, type EchoSocket } from './icmp/echo.ts'

export interface EchoSettings {
  /** One that was opened before. */
  readonly socket?: EchoSocket
  readonly onRefused?: (error: ArpcheckError) => void
}

/** As long as a node on another segment may take; who is dead costs all of it. */
const ECHO_MS = 1000

/** Whether hosts answer ICMP echo; null where that cannot be asked: the package is not there, or it may not open a socket. */
export async function askByEcho(
  ips: readonly Ip[],
  signal: AbortSignal,
  { socket, onRefused }: EchoSettings = {},
): Promise<ReadonlyMap<Ip, 'alive' | 'silent'> | null> {
  try {
    const seed = Number(systemClock.wallNs() & 0xffff_ffffn)
    return await echo(ips, { timeoutMs: ECHO_MS, seed, signal, socket })
  } catch (error) {
    if (!(error instanceof ArpcheckError)) throw error
    onRefused?.(error)
    return null
  }
}
