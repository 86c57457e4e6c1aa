import type { Tempo } from './budget.ts'
import type { Assignment, Place } from './vantages.ts'

/** What all daemons together ask for and cause, at the configured intervals: each computes the whole. */

/** A gateway and an address that must be free: once a sweep, on each daemon. */
const CANARIES = 2
/** Frames a second at the configured intervals: `sweep` all that broadcasts cause, `unicast` all that comes in between. */
export interface Load {
  readonly sweep: number
  readonly unicast: number
}

export interface Loads {
  readonly daemons: number
  /** Port (a node's name) → what its daemon sends, and what it is made to answer. */
  readonly ports: ReadonlyMap<string, { readonly sent: Load; readonly caused: Load }>
  /** Daemon → port → what that daemon makes that port answer. */
  readonly flows: ReadonlyMap<string, ReadonlyMap<string, Load>>
}

export function loadsOf(assignment: Assignment, places: readonly Place[], tempo: Tempo): Loads {
  const tally = new Tally(tempo)
  for (const { vip, answerers } of places)
    for (const node of assignment.get(vip)?.vantages ?? []) tally.addVip(node, answerers)
  tally.addCanaries()
  tally.addNodes()
  return { daemons: tally.daemons.size, ports: tally.ports, flows: tally.flows }
}

type Mutable = { -readonly [K in keyof Load]: Load[K] }

class Tally {
  readonly daemons = new Set<string>()
  readonly ports = new Map<string, { readonly sent: Mutable; readonly caused: Mutable }>()
  readonly flows = new Map<string, Map<string, Mutable>>()
  readonly #guarded = new Map<string, Map<string, number>>()
  readonly #sweep: number
  readonly #unicast: number

  constructor({ sweepMs, unicastMs }: Tempo) {
    this.#sweep = 1000 / sweepMs
    this.#unicast = unicastMs === null ? 0 : 1000 / unicastMs
  }

  /** All that should answer are heard in a sweep; the first of them is asked alone in between. */
  addVip(daemon: string, answerers: readonly string[]): void {
    const [first] = answerers
    this.daemons.add(daemon)
    this.#ask(daemon, answerers, { sweep: this.#sweep, unicast: 0 })
    if (first === undefined) return
    this.#ask(daemon, [first], { sweep: 0, unicast: this.#unicast })
    const guarded = this.#guarded.get(daemon) ?? new Map<string, number>()
    this.#guarded.set(daemon, guarded.set(first, (guarded.get(first) ?? 0) + 1))
  }

  /** A node's own address in each sweep; in between only where that saves the questions for several VIPs. */
  addNodes(): void {
    for (const [daemon, nodes] of this.#guarded)
      for (const [node, vips] of nodes)
        this.#ask(daemon, [node], { sweep: this.#sweep, unicast: vips > 1 ? this.#unicast : 0 })
  }

  addCanaries(): void {
    for (const daemon of this.daemons) this.#ask(daemon, [], { sweep: CANARIES * this.#sweep, unicast: 0 })
  }

  #ask(daemon: string, answerers: readonly string[], load: Load): void {
    increase(this.#port(daemon).sent, load)
    for (const port of answerers) {
      increase(this.#port(port).caused, load)
      const flow = this.flows.get(daemon) ?? new Map<string, Mutable>()
      this.flows.set(daemon, flow.set(port, increase(flow.get(port) ?? { sweep: 0, unicast: 0 }, load)))
    }
  }

  #port(name: string): { readonly sent: Mutable; readonly caused: Mutable } {
    const port = this.ports.get(name) ?? {
      sent: { sweep: 0, unicast: 0 },
      caused: { sweep: 0, unicast: 0 },
    }
    this.ports.set(name, port)
    return port
  }
}

function increase(load: Mutable, by: Load): Mutable {
  load.sweep += by.sweep
  load.unicast += by.unicast
  return load
}
