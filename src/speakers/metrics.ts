import type { LayerTwoCounters, SpeakerMetrics } from '../core/claims.ts'
import { parseIp, type Ip } from '../core/ip.ts'
import { nameIn, sampleOf, type Sample } from './exposition.ts'

/** Why a text is not what a speaker says; it may hold words from outside. */
export interface Malformed {
  readonly malformed: string
}

/** What has been read so far. */
interface Draft {
  readonly node: string
  readonly announced: { service: string; ip: Ip; protocol: string }[]
  readonly requests: Map<Ip, number>
  readonly responses: Map<Ip, number>
  configLoaded: boolean | null
  configStale: boolean | null
}

/** Takes one sample; says what is wrong with it. */
type Take = (draft: Draft, sample: Sample) => string | undefined

/** MetalLB's names: speaker/main.go, internal/layer2/stats.go, internal/k8s/k8s.go. */
const TAKES: ReadonlyMap<string, Take> = new Map<string, Take>([
  ['metallb_speaker_announced', takeAnnounced],
  ['metallb_layer2_requests_received', ({ requests }, sample) => takeCount(requests, sample)],
  ['metallb_layer2_responses_sent', ({ responses }, sample) => takeCount(responses, sample)],
  ['metallb_k8s_client_config_loaded_bool', (draft, { value }) => void (draft.configLoaded = value === 1)],
  ['metallb_k8s_client_config_stale_bool', (draft, { value }) => void (draft.configStale = value === 1)],
])
const PREFIX = 'metallb_'
/** Names in Kubernetes have at most 253 characters: no line that a speaker writes comes near this. */
const MAX_LINE = 8192

/** The few series that are needed out of a speaker's metrics; what else it says is passed over unread. */
export function readMetrics(text: string, node: string): SpeakerMetrics | Malformed {
  const draft: Draft = {
    node,
    announced: [],
    requests: new Map(),
    responses: new Map(),
    configLoaded: null,
    configStale: null,
  }
  let isSpeaker = false
  for (const [i, line] of text.split('\n').entries()) {
    if (!line.startsWith(PREFIX)) continue
    isSpeaker = true
    const wrong = takeLine(draft, line)
    if (wrong !== undefined) return { malformed: `line ${i + 1}: ${wrong}` }
  }
  return isSpeaker ? finished(draft) : { malformed: 'no series of MetalLB: another program answers there' }
}

function takeLine(draft: Draft, line: string): string | undefined {
  const take = TAKES.get(nameIn(line))
  if (!take) return undefined
  const sample = line.length > MAX_LINE ? undefined : sampleOf(line)
  return sample ? take(draft, sample) : 'no sample of a metric'
}

/** The node's name in it tells whether the address led to the speaker that was meant. */
function takeAnnounced({ node, announced }: Draft, { labels, value }: Sample): string | undefined {
  const [service, protocol, ip] = [
    labels.get('service'),
    labels.get('protocol'),
    parseIp(labels.get('ip') ?? ''),
  ]
  const speaks = labels.get('node') ?? node
  if (service === undefined || protocol === undefined || !ip) return 'no Service, protocol or address'
  if (speaks !== node) return `it speaks for the node ${speaks}`
  if (value === 1) announced.push({ service, ip, protocol })
  return undefined
}

function takeCount(counts: Map<Ip, number>, { labels, value }: Sample): string | undefined {
  const ip = parseIp(labels.get('ip') ?? '')
  if (!ip || value < 0) return 'no address, or no count'
  if (counts.has(ip)) return `${ip} twice`
  counts.set(ip, value)
  return undefined
}

function finished({ announced, requests, responses, configLoaded, configStale }: Draft): SpeakerMetrics {
  const asked = [...new Set([...requests.keys(), ...responses.keys()])]
  const countersOf = (ip: Ip): LayerTwoCounters => ({
    requests: requests.get(ip) ?? 0,
    responses: responses.get(ip) ?? 0,
  })
  return {
    announced,
    counters: new Map(asked.map((ip) => [ip, countersOf(ip)])),
    configLoaded,
    configStale,
  }
}
