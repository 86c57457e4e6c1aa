import { Readable } from 'node:stream'
import { seededRandom } from '../../../src/core/random.ts'
import { flagsOf } from '../../../src/announcers/metallb/flags.ts'
import { parseRange } from '../../../src/announcers/metallb/ranges.ts'
import { matchesAny, selectorsProblem } from '../../../src/announcers/metallb/selectors.ts'
import { versionOf } from '../../../src/announcers/metallb/version.ts'
import { readMemberlistConfig } from '../../../src/core/memberlist-config.ts'
import {
  configMap,
  configurationState,
  endpointSlice,
  l2Advertisement,
  l2Status,
  lease,
  node,
  pool,
  service,
  speakerDaemonSet,
  speakerPod,
} from '../../../src/lab/api/objects.ts'
import type { Api } from '../../../src/kubernetes/api.ts'
import { listAll } from '../../../src/kubernetes/list.ts'
import {
  excludedInterfacesOf,
  memberlistConfigOf,
  specFieldsOf,
} from '../../../src/kubernetes/narrow/settings.ts'
import { poolOf, l2AdvertisementOf } from '../../../src/kubernetes/narrow/metallb.ts'
import { speakerPodOf } from '../../../src/kubernetes/narrow/speakers.ts'
import { ApiProblem, describe, problemOf, type Problem } from '../../../src/kubernetes/problem.ts'
import { events, everywhere, inMetallb, otherAnnouncers } from '../../../src/kubernetes/resources.ts'
import { nextStep, readFailed } from '../../../src/kubernetes/retry.ts'
import { statusOf } from '../../../src/kubernetes/status.ts'
import { watchOnce, type WatchEvent } from '../../../src/kubernetes/watch.ts'
import type { WireResponse } from '../../../src/kubernetes/wire.ts'
import type { Clock } from '../../../src/clock.ts'
import { piecesOf, promise, type Target } from '../target.ts'

/** Time stands still: what is waited for ends by its signal. */
const STILL: Clock = {
  wallNs: () => 0n,
  monotonicMs: () => 0,
  sleep: (_ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) resolve()
      else signal?.addEventListener('abort', () => resolve(), { once: true })
    }),
}
const RESOURCES = [
  ...Object.values(everywhere(null)),
  ...Object.values(inMetallb('metallb-system', true)),
  events,
  otherAnnouncers,
]
const VARIANT = { path: '/x' }

const TOKENS = [
  '{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"b","resourceVersion":"1"}}}\n',
  '"type":"ERROR"',
  '"type":"BOOKMARK"',
  '"type":{"toString":1}',
  '"code":410',
  '"details":{"retryAfterSeconds":-1}',
  '"items":[',
  '"metadata":',
  '"__proto__":{"polluted":1}',
  '"constructor":{"prototype":{"polluted":1}}',
  '"labels":{"app":"metallb","component":"speaker"}',
  '"image":"quay.io/metallb/speaker:v0.14.9"',
  '"matchLabels":{"constructor":"a"}',
  '"addresses":["10.0.0.0/8","::/0","1.1.1.1-1.1.1.9"]',
  '"annotations":{"arpcheck.io/nics":"[{}]"}',
  '$(',
  '\\u2028',
  '\\ud800',
  '[',
  ']',
  '{',
  '}',
  '"',
  ',',
  ':',
  'null',
  'true',
  '\n',
]

/** One of each kind that we read. */
const OBJECTS: readonly object[] = [
  service({
    name: 'web',
    ips: ['192.168.1.60'],
    labels: { a: 'b' },
    annotations: { 'metallb.io/address-pool': 'p' },
  }),
  endpointSlice('web', [{ ip: '10.42.0.7', node: 'nuc-1' }]),
  node({ name: 'nuc-1', ip: '192.168.1.11', ready: true }),
  speakerPod({ node: 'nuc-1', ip: '192.168.1.11' }),
  speakerDaemonSet(),
  pool('p', ['192.168.1.0/24', '10.0.0.1-10.0.0.9'], {
    serviceAllocation: { priority: 1, namespaces: ['a'] },
  }),
  l2Advertisement('l', {
    nodeSelectors: [{ matchLabels: { a: 'b' } }],
    interfaces: ['eth0'],
    ipAddressPools: ['p'],
  }),
  l2Status('web', 'nuc-1'),
  configurationState('nuc-1'),
  lease('cilium-l2announce-default-web', 'nuc-1'),
  configMap('metallb-memberlist-config', {
    'config.json': '{"ProbeInterval":"1s"}',
    'x.yaml': 'announcedInterfacesToExclude: ["^a"]',
  }),
]

/** Lines of a watch, cut anywhere; each object is narrowed by every kind that we keep. */
export const apiWatch: Target = {
  name: 'api-watch',
  seeds: () => OBJECTS.map((object) => Buffer.from(`${JSON.stringify({ type: 'ADDED', object })}\n`)),
  tokens: TOKENS,
  json: true,
  async run(bytes) {
    const kinds = new Set<string>()
    let unknown = 0
    const problem = await outcome(
      watchOnce({
        api: apiOf(bytes),
        clock: STILL,
        random: seededRandom(1),
        variant: VARIANT,
        resourceVersion: '1',
        signal: new AbortController().signal,
        onOpen: () => {},
        onContact: () => {},
        onEvent: (event: WatchEvent) => {
          kinds.add(event.type)
          if (event.type !== 'bookmark') kinds.add(narrowed(event.object))
        },
        onUnknown: () => unknown++,
      }),
    )
    return [...kinds, Math.min(unknown, 2), problem].join()
  },
}

/** A list in one piece; the same bytes as an error of the API, and what is done about it. */
export const apiList: Target = {
  name: 'api-list',
  seeds: () => OBJECTS.map((object) => listOf([object, object])),
  tokens: TOKENS,
  json: true,
  async run(bytes) {
    const context = { api: apiOf(bytes), clock: STILL, signal: new AbortController().signal }
    let kept = 0
    const resource = { ...RESOURCES[0]!, keep: (object: unknown) => (kept++, narrowed(object)) }
    const listed = await outcome(listAll(resource, VARIANT, 'cached', context))
    const status = await statusOf(responseOf(bytes, bytes[0] === 0x3c ? 500 : 429))
    promise(status.message.length <= Math.max(200, bytes.length), 'a message longer than what was said')
    const { waitMs } = nextStep(readFailed({ kind: 'status', status }), 0, seededRandom(1))
    promise(waitMs >= 0 && waitMs <= 400_000, `waits ${waitMs} ms`)
    return [listed, Math.min(kept, 3), status.retryAfterMs === null].join()
  },
}

function listOf(items: readonly object[]): Buffer {
  return Buffer.from(JSON.stringify({ kind: 'List', metadata: { resourceVersion: '7' }, items }))
}

/** In a word, how it ended. Anything but a problem of the API is a crash: it would end a daemon. */
async function outcome(work: Promise<unknown>): Promise<string> {
  const problem = await work.then((): Problem | null => null, problemOrThrow)
  if (problem === null) return 'ended'
  describe(problem)
  return problem.kind === 'garbage' ? problem.what : problem.kind
}

function problemOrThrow(error: unknown): Problem {
  if (!(error instanceof ApiProblem)) throw error
  return problemOf(error)
}

function apiOf(bytes: Uint8Array): Api {
  return {
    open: async () => responseOf(bytes, 200),
    serverNowMs: () => 0,
    close: async () => {},
  }
}

function responseOf(bytes: Uint8Array, status: number): WireResponse {
  return { status, headers: {}, body: Readable.from(piecesOf(bytes)), lastContactMs: () => 0 }
}

/** What each kind keeps of an object, and what the election reads out of it, in a word. */
function narrowed(object: unknown): string {
  const kept = RESOURCES.map((resource) => (resource.keep(object) === null ? '-' : 'k')).join('')
  const config = memberlistConfigOf(object)
  if (config !== null) readMemberlistConfig(config)
  excludedInterfacesOf(object)
  specFieldsOf(object)
  for (const address of poolOf(object)?.addresses ?? []) parseRange(address)
  const pod = speakerPodOf(object)
  if (pod) promise(flagsOf(pod).port > 0, `${pod.image}, which is ${String(versionOf(pod.image))}`)
  const { nodeSelectors = [] } = l2AdvertisementOf(object) ?? {}
  selectorsProblem(nodeSelectors)
  promise(!matchesAny(nodeSelectors, {}) || nodeSelectors.length > 0, 'no selector matches')
  return kept
}
