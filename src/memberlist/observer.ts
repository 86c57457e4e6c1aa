import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Reading, Speaker, SpeakerReading } from '../core/views.ts'
import { exchange } from './exchange.ts'
import type { MemberlistKeys } from './keys.ts'
import { inParallel, withOwnSignal } from './parallel.ts'
import { keyThatItNames, readingOf, type Transcript } from './reading.ts'
import { memberListRequest, streamFrame } from './request.ts'
import { NONCE_BYTES } from './open.ts'
import { decodeStream } from './stream.ts'
import { Turns } from './turns.ts'

export interface ObserverSettings {
  /** `NO_KEYS` where the speakers have no secret. Wipe them when the observer is no longer used. */
  readonly keys: MemberlistKeys
  /** Empty with MetalLB. */
  readonly label: string
  /** For one speaker in all, connecting included. */
  readonly timeoutMs: number
  /** Speakers asked at the same time. */
  readonly parallel: number
  /** Between two exchanges with one speaker: memberlist refuses its real peers when 128 are pending. */
  readonly gapMs: number
}

/** Who could not be reached a moment ago is not waited for as long again: on a LAN a live host connects within 1 ms. */
const AGAIN_MS = 500

export const OBSERVER_DEFAULTS = { label: '', timeoutMs: 3000, parallel: 8, gapMs: 1000 } as const

export interface ObserverEdges {
  readonly clock: Clock
  /** Unpredictable bytes: a nonce must not repeat under one key. */
  readonly randomBytes: (count: number) => Uint8Array
}

/** Reads member views. It can ask and nothing else: it never joins, and never tells of a member. */
export interface Observer {
  /**
   * Asks each speaker for its own view, by one connection at a time to each; results in the order of `speakers`.
   * Never rejects: what the world does is a reading too. After an abort the rest is `interrupted`.
   */
  observe(speakers: readonly Speaker[], signal: AbortSignal): Promise<SpeakerReading[]>
}

export function createObserver(
  settings: ObserverSettings,
  edges: Pick<ObserverEdges, 'clock'> & Partial<ObserverEdges>,
): Observer {
  const { clock, ...rest } = edges
  const asker = new Asker(settings, { clock, randomBytes, ...rest })
  const turns = new Turns(clock, settings.gapMs)
  return {
    observe(speakers, signal) {
      return withOwnSignal(signal, (own) =>
        inParallel(settings.parallel, speakers, (speaker) =>
          turns.take(addressOf(speaker), own, () => asker.ask(speaker, own)),
        ),
      )
    },
  }
}

function addressOf({ address, port }: Speaker): string {
  return `${address} ${port}`
}

class Asker {
  readonly #settings: ObserverSettings
  readonly #edges: ObserverEdges
  readonly #label: Uint8Array
  /** The key that a speaker answered last with, so that it is asked with that one first. */
  readonly #sealWith = new Map<string, number>()
  /** Speakers that could not be reached when they were asked last. */
  readonly #unreached = new Set<string>()

  constructor(settings: ObserverSettings, edges: ObserverEdges) {
    this.#settings = settings
    this.#edges = edges
    this.#label = Buffer.from(settings.label, 'utf8')
  }

  async ask(speaker: Speaker, signal: AbortSignal): Promise<SpeakerReading> {
    const startMs = this.#edges.clock.monotonicMs()
    const { timeoutMs } = this.#settings
    const isKnown = this.#unreached.has(speaker.name)
    const reading = await this.#read(
      speaker,
      startMs + (isKnown ? Math.min(AGAIN_MS, timeoutMs) : timeoutMs),
      signal,
    )
    if (reading.kind === 'connect-timeout' || reading.kind === 'no-route') this.#unreached.add(speaker.name)
    else this.#unreached.delete(speaker.name)
    return { speaker, reading, tookMs: this.#edges.clock.monotonicMs() - startMs }
  }

  /** A wrong key or label is not tried twice; but a speaker that answers with another key of ours is asked with that. */
  async #read(speaker: Speaker, deadlineMs: number, signal: AbortSignal): Promise<Reading> {
    const isSealed = this.#settings.keys.count > 0
    const first = isSealed ? (this.#sealWith.get(speaker.name) ?? 0) : null
    let transcript = await this.#exchange(speaker, first, deadlineMs, signal)
    const named = keyThatItNames(transcript.state)
    if (named !== null && named !== first)
      transcript = await this.#exchange(speaker, named, deadlineMs, signal)
    const reading = readingOf(transcript, isSealed)
    if (reading.kind === 'view' && reading.keyIndex !== null)
      this.#sealWith.set(speaker.name, reading.keyIndex)
    return reading
  }

  #exchange(
    speaker: Speaker,
    keyIndex: number | null,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<Transcript> {
    const { keys } = this.#settings
    const { clock } = this.#edges
    return exchange({
      speaker,
      request: this.#request(keyIndex),
      decode: (bytes) => decodeStream(bytes, keys, this.#label),
      timeoutMs: Math.max(0, deadlineMs - clock.monotonicMs()),
      clock,
      signal,
    })
  }

  #request(keyIndex: number | null): Uint8Array {
    if (keyIndex === null) return streamFrame(memberListRequest(), this.#label, null)
    const nonce = this.#edges.randomBytes(NONCE_BYTES)
    return this.#settings.keys.with(keyIndex, (key) =>
      streamFrame(memberListRequest(), this.#label, { key, nonce }),
    )
  }
}
