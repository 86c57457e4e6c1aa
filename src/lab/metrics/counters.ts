import type { ArpFrame } from '../../core/arp.ts'
import type { Ip } from '../../core/ip.ts'
import type { Nic } from '../hosts.ts'
import { takes, type SpeakerState } from '../speaker.ts'

export interface Counted {
  readonly requests: number
  readonly responses: number
}

/** What a speaker counts by address since it started (internal/layer2/stats.go). */
export class Counters {
  readonly #counted = new Map<Ip, Counted>()

  get all(): ReadonlyMap<Ip, Counted> {
    return this.#counted
  }

  /** A request that was dropped on its way is none; one whose reply could not be sent is a request alone. */
  count(
    request: ArpFrame,
    { state, nic, replies }: { state: SpeakerState; nic: Nic; replies: number },
  ): void {
    const isSent = replies > 0
    if (!takes(request, state, nic) || (!isSent && !state.muted)) return
    const { requests, responses } = this.#counted.get(request.tpa) ?? { requests: 0, responses: 0 }
    this.#counted.set(request.tpa, { requests: requests + 1, responses: responses + Number(isSent) })
  }

  clear(): void {
    this.#counted.clear()
  }
}
