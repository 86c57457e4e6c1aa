import type { ClusterSide } from './core/cluster-side.ts'
import type { Ip } from './core/ip.ts'
import type { PastRound } from './core/rounds.ts'
import type { SpeakerClaim } from './core/claims.ts'
import {
  claimsFor,
  freshClaims,
  pairsAfter,
  type ClaimPairs,
  type ClaimsRead,
} from './core/watch/claim-pairs.ts'
import { againMs, holds } from './core/watch/needs.ts'

interface Heard<T> {
  readonly what: T
  readonly atMs: number
}

/** What was asked for on one interface although nobody may answer. */
export interface FreeRound {
  readonly ips: readonly Ip[]
  readonly past: PastRound
  /** Somebody was heard on that interface, so that silence means something. */
  readonly hears: boolean
  /** How often it is asked for, where all is well. */
  readonly everyMs: number
}

/** What was asked beside the plan, as long as it says something of now. */
export class Gathered {
  readonly #echo = new Map<Ip, Heard<'alive' | 'silent'>>()
  readonly #free = new Map<string, Heard<FreeRound>>()
  #claims: ClaimPairs = new Map()

  heardEcho(lives: ReadonlyMap<Ip, 'alive' | 'silent'>, atMs: number): void {
    for (const [ip, { atMs: heardMs }] of this.#echo)
      if (!holds(heardMs, againMs('echo'), atMs)) this.#echo.delete(ip)
    for (const [ip, what] of lives) this.#echo.set(ip, { what, atMs })
  }

  echo(nowMs: number): ReadonlyMap<Ip, 'alive' | 'silent'> {
    const fresh = [...this.#echo].filter(([, { atMs }]) => holds(atMs, againMs('echo'), nowMs))
    return new Map(fresh.map(([ip, { what }]) => [ip, what]))
  }

  heardFree(interfaceName: string, what: FreeRound, atMs: number): void {
    this.#free.set(interfaceName, { what, atMs })
  }

  /** Null: not asked for lately. */
  free(interfaceName: string, nowMs: number): FreeRound | null {
    const heard = this.#free.get(interfaceName)
    return heard && holds(heard.atMs, heard.what.everyMs, nowMs) ? heard.what : null
  }

  keepInterfaces(names: { has(name: string): boolean }): void {
    for (const name of this.#free.keys()) if (!names.has(name)) this.#free.delete(name)
  }

  heardClaims(read: ClaimsRead): void {
    this.#claims = pairsAfter(this.#claims, read)
  }

  claims(nowMs: number): readonly SpeakerClaim[] {
    return freshClaims(this.#claims, nowMs).map(({ claim }) => claim)
  }

  claimsFor(vip: Ip, nowMs: number): ClusterSide['claims'] {
    return claimsFor(freshClaims(this.#claims, nowMs), vip)
  }
}
