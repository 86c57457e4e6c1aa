import type { Load, Loads } from './loads.ts'
import { SWEEP_HASTE, UNICAST_HASTE } from './timing.ts'

/**
 * What all daemons together put on each switch port: a node's own questions, and its answers to those of others. A switch
 * that inspects ARP counts both, and shuts a port at 15 a second (Cisco's default). Every daemon computes the whole, from
 * the same assignment, so that each knows its own share without asking the others.
 */

/** How often to ask, and how much a port may carry. */
export interface Tempo {
  /** Between two broadcasts for one VIP. */
  readonly sweepMs: number
  /** Between two questions to the expected answerer alone; null: none. */
  readonly unicastMs: number | null
  /** Frames a second on one port, sent plus caused. */
  readonly perPort: number
}

export const TEMPO: Tempo = { sweepMs: 30_000, unicastMs: 5000, perPort: 10 }

const OUTSIDE_PER_PORT = 4

/** A daemon on a host that is no node is in nobody's account: it lives on what is left below the 15 of such a switch. */
export function outsideTempo(tempo: Tempo): Tempo {
  return { ...tempo, perPort: Math.min(tempo.perPort, OUTSIDE_PER_PORT) }
}

/**
 * Planned load fills a port up to this part. The rest is for changes, and for chance: those that ask one port do not know
 * of each other's moments, and of 10 a second in the mean 16 would come in one second every few minutes.
 */
const USABLE = 0.5
/** Of a port's budget, what all daemons together may cause where no answer was expected. */
const UNPLANNED = 0.25

/** How much slower than configured. */
export interface Stretch {
  readonly sweep: number
  /** Infinity where sweeps leave no room for it. */
  readonly unicast: number
  /** What part of an interval it takes to sweep all once, as fast as the budget allows; may be above 1. */
  readonly once: number
}

/** What one daemon may send and cause, in frames a second. */
export interface Shares {
  readonly sent: number
  readonly caused: ReadonlyMap<string, number>
  /** Of a port that is in no plan: one that answers what it should not, or a gateway. */
  readonly unplanned: number
}

/** For a question that bears on these ports. Sweeps decide, so they go first; in between is asked with what they leave. */
export function stretchOf({ ports }: Loads, { perPort }: Tempo, bearing: readonly string[]): Stretch {
  const all = bearing.map((port) => portStretch(ports.get(port), perPort * USABLE))
  return {
    sweep: Math.max(1, ...all.map(({ sweep }) => sweep)),
    unicast: Math.max(1, ...all.map(({ unicast }) => unicast)),
    once: Math.max(0, ...all.map(({ once }) => once)),
  }
}

/** Each port's whole budget is divided as its load is made up: what is not planned for serves changes. */
export function sharesOf(loads: Loads, tempo: Tempo, daemon: string): Shares {
  const { ports, flows, daemons } = loads
  const part = (port: string, load: Load): number => {
    const stretch = stretchOf(loads, tempo, [port])
    const { sent, caused } = ports.get(port)!
    return (tempo.perPort * weight(load, stretch)) / (weight(sent, stretch) + weight(caused, stretch))
  }
  const own = ports.get(daemon)
  return {
    sent: own ? part(daemon, own.sent) : 0,
    caused: new Map([...(flows.get(daemon) ?? [])].map(([port, load]) => [port, part(port, load)])),
    unplanned: (tempo.perPort * UNPLANNED) / Math.max(1, daemons),
  }
}

function portStretch(port: { sent: Load; caused: Load } | undefined, usable: number): Stretch {
  if (!port) return { sweep: 1, unicast: 1, once: 0 }
  const sweeps = (port.sent.sweep + port.caused.sweep) * SWEEP_HASTE
  const unicasts = (port.sent.unicast + port.caused.unicast) * UNICAST_HASTE
  const room = usable - sweeps
  return {
    sweep: Math.max(1, sweeps / usable),
    unicast: unicasts === 0 ? 1 : room > 0 ? Math.max(1, unicasts / room) : Infinity,
    once: sweeps / SWEEP_HASTE / usable,
  }
}

function weight(load: Load, stretch: Stretch): number {
  return load.sweep / stretch.sweep + load.unicast / stretch.unicast
}
