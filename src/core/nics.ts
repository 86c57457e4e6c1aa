import type { NicRecord, NodeNic } from './cluster.ts'
import { type Prefix, prefixOf } from './ip.ts'

/** The record of a node. */
export function recordOf(records: readonly NicRecord[], node: string): NicRecord | undefined {
  return records.find((record) => record.node === node)
}

/** The networks that a node has an address in, on NICs that can answer. */
export function segmentsOf({ nics }: NicRecord): Prefix[] {
  const all = nics.filter(canAnswer).flatMap(({ addresses }) => addresses)
  const segments = all.map(({ ip, bits }) => prefixOf(ip, bits))
  return segments.filter((one, i) => segments.findIndex((other) => isSame(one, other)) === i)
}

/** What becomes of the NICs that an advertisement names, on one node. */
export interface AllowedNics {
  /** Those that MetalLB answers on: up, and without a master. */
  readonly usable: readonly NodeNic[]
  readonly down: readonly string[]
  readonly enslaved: readonly string[]
  readonly absent: readonly string[]
}

/** `all`: no advertisement names any. */
export function allowedNics(nics: readonly NodeNic[], names: 'all' | readonly string[]): AllowedNics {
  const named = names === 'all' ? nics : nics.filter(({ name }) => names.includes(name))
  const inState = (state: NodeNic['state']): string[] =>
    names === 'all' ? [] : named.filter((nic) => nic.state === state).map(({ name }) => name)
  return {
    usable: named.filter(canAnswer),
    down: inState('down'),
    enslaved: inState('enslaved'),
    absent: names === 'all' ? [] : names.filter((name) => !nics.some((nic) => nic.name === name)),
  }
}

function canAnswer({ state }: NodeNic): boolean {
  return state === 'up'
}

function isSame(a: Prefix, b: Prefix): boolean {
  return a.base === b.base && a.bits === b.bits
}
