import type { PacketReading, Quiet, Speaker } from '../core/views.ts'
import { inParallel, withOwnSignal } from './parallel.ts'
import { indirectPingRequest, packet, pingRequest, type PacketRequest } from './request.ts'
import { NONCE_BYTES } from './open.ts'
import { decodePacket } from './packet.ts'
import { askByPacket } from './datagram.ts'
import type { ObserverEdges, ObserverSettings } from './observer.ts'

export interface PacketSettings extends Pick<ObserverSettings, 'keys' | 'label' | 'parallel'> {
  /** For an answer to a ping of ours. */
  readonly timeoutMs: number
  /** After which a speaker says that it reached nobody: its profile's probe timeout. */
  readonly probeTimeoutMs: number
  /** Pairs of speakers that are asked about at most; the rest is left out. */
  readonly maxPairs: number
}

/** Beyond the speaker's own probe timeout, for its answer to reach us. */
const NACK_MARGIN_MS = 500

type Asked = Quiet['speakers'][number]

/**
 * One packet ping to each speaker, then one indirect ping for each pair of those that answered: which paths UDP takes.
 * The one fault that views hide: with UDP dropped and TCP open they all say alive. A question without an answer is
 * asked once more, since a packet may get lost; so at most one answer is had to each. Once a run, never in a loop;
 * what rides on the answers is read past.
 */
export function askByPackets(
  quiet: Quiet,
  settings: PacketSettings,
  edges: ObserverEdges,
  signal: AbortSignal,
): Promise<PacketReading[]> {
  return withOwnSignal(signal, (own) => askAll(quiet, settings, edges, own))
}

async function askAll(
  quiet: Quiet,
  settings: PacketSettings,
  edges: ObserverEdges,
  signal: AbortSignal,
): Promise<PacketReading[]> {
  const ask = asker(settings, edges, signal)
  const direct = await inParallel(settings.parallel, quiet.speakers, (asked) => ask(asked, null))
  const answering = quiet.speakers.filter((_, i) => direct[i]!.result === 'ack')
  const pairs = pairsOf(answering).slice(0, settings.maxPairs)
  const indirect = await inParallel(settings.parallel, answering, async (asked) => {
    const found: PacketReading[] = []
    for (const [first, second] of pairs) if (first === asked) found.push(await ask(first, second.speaker))
    return found
  })
  return [...direct, ...indirect.flat()]
}

/** Each pair once: a ping and its ack try both ways. */
function pairsOf(all: readonly Asked[]): [Asked, Asked][] {
  return all.flatMap((first, i) => all.slice(i + 1).map((second): [Asked, Asked] => [first, second]))
}

function asker(settings: PacketSettings, { clock, randomBytes }: ObserverEdges, signal: AbortSignal) {
  const { keys, timeoutMs, probeTimeoutMs } = settings
  const label = Buffer.from(settings.label, 'utf8')
  const framed = (request: PacketRequest, keyIndex: number | null) =>
    keyIndex === null
      ? packet(request, label, null)
      : keys.with(keyIndex, (key) => packet(request, label, { key, nonce: randomBytes(NONCE_BYTES) }))
  async function once({ speaker, keyIndex }: Asked, target: Speaker | null): Promise<PacketReading> {
    const sequence = Buffer.from(randomBytes(4)).readUInt32BE()
    const request = target ? indirectPingRequest(sequence, target) : pingRequest(sequence, speaker.name)
    const startMs = clock.monotonicMs()
    const result = await askByPacket({
      to: speaker,
      bytes: framed(request, keyIndex),
      read: (bytes) => resultIn(decodePacket(bytes, keys, label), sequence),
      timeoutMs: target ? probeTimeoutMs + NACK_MARGIN_MS : timeoutMs,
      clock,
      signal,
    })
    return {
      asked: speaker.name,
      target: target?.name ?? null,
      result,
      tookMs: clock.monotonicMs() - startMs,
    }
  }
  return async (asked: Asked, target: Speaker | null): Promise<PacketReading> => {
    const reading = await once(asked, target)
    return reading.result === 'timeout' || reading.result === 'nack' ? once(asked, target) : reading
  }
}

/** What a packet says to our question; undefined: it is no answer to it. */
function resultIn(state: ReturnType<typeof decodePacket>, sequence: number): 'ack' | 'nack' | undefined {
  if (state.kind !== 'packet') return undefined
  for (const message of state.messages) {
    if (message.type !== 'gossip' && message.sequence === sequence) return message.type
  }
  return undefined
}
