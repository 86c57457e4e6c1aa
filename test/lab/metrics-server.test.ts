import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { encodeArp, decodeArp, type ArpFrame } from '../../src/core/arp.ts'
import type { ClaimReading } from '../../src/core/claims.ts'
import { parseIp } from '../../src/core/ip.ts'
import { BROADCAST_MAC, parseMac, ZERO_MAC } from '../../src/core/mac.ts'
import { createAuthority, makeKeys } from '../../src/lab/api/certificates.ts'
import type { ApiDouble } from '../../src/lab/api/double.ts'
import { tokenAccount } from '../../src/lab/cluster/token-account.ts'
import { Counters } from '../../src/lab/metrics/counters.ts'
import { MetricsServer } from '../../src/lab/metrics/server.ts'
import { metricsText } from '../../src/lab/metrics/text.ts'
import type { Guard, MetricsTold } from '../../src/lab/metrics/told.ts'
import type { SpeakerState } from '../../src/lab/speaker.ts'
import { ClaimReader } from '../../src/speakers/reader.ts'
import { doubleWith } from '../helpers/double.ts'

// The metrics of the lab's speakers, read back by the reader: the two share no code. On a segment: metrics.test.ts.

const LOOPBACK = parseIp('127.0.0.1')!
const VIP = parseIp('192.168.1.60')!
const OTHER = parseIp('192.168.1.61')!
const NIC = { name: 'eno1', mac: parseMac('1c:69:7a:aa:04:10')! }
const never = new AbortController().signal

const TOLD: MetricsTold = {
  node: 'nuc-4',
  address: LOOPBACK,
  port: 0,
  guard: null,
  conduct: 'honest',
  services: { [VIP]: ['ingress/traefik', 'default/dns'] },
  failed: [],
  config: 'loaded',
  start: 0,
}

async function serving(t: TestContext, told: Partial<MetricsTold>, text = ''): Promise<MetricsServer> {
  const server = new MetricsServer((of) => text || metricsText(of, [VIP], new Map()))
  await server.play({ ...TOLD, ...told })
  t.after(() => server.close())
  return server
}

async function read({ port }: MetricsServer, scheme: 'http' | 'https', token: string | null = null) {
  const reader = new ClaimReader({ clock: systemClock, timeoutMs: 1000, token: async () => token })
  const source = { node: 'nuc-4', address: LOOPBACK, endpoints: [{ scheme, port }] }
  return (await reader.read(source, never)).reading
}

async function guarded(t: TestContext): Promise<{ double: ApiDouble; guard: Guard; good: string }> {
  const double = await doubleWith(t, tokenAccount())
  const keys = await makeKeys()
  const { cert } = createAuthority('metallb-speaker', Date.now(), keys)
  const token = double.api.tokens.issue({ name: 'speaker', groups: ['system:masters'] })
  const reviews = { url: double.url, ca: double.authority.cert, token }
  const good = double.api.tokens.issue({
    name: 'system:serviceaccount:arpcheck:arpcheck-metrics',
    groups: [],
  })
  return { double, guard: { cert, key: keys.pem, reviews }, good }
}

suite('plain', () => {
  test('what is announced, for each Service, and the state of the configuration', async (t) => {
    const metrics = {
      announced: ['ingress/traefik', 'default/dns'].map((service) => ({
        service,
        ip: VIP,
        protocol: 'layer2',
      })),
      counters: new Map(),
      configLoaded: true,
      configStale: true,
    }
    const expected: ClaimReading = { kind: 'metrics', metrics }
    assert.deepEqual(await read(await serving(t, { config: 'stale' }), 'http'), expected)
  })

  for (const [conduct, kind] of [
    ['refused', 'refused'],
    ['silent', 'timeout'],
    ['denied', 'denied'],
  ] as const) {
    test(`${conduct} → ${kind}; honest again → metrics`, async (t) => {
      const server = await serving(t, {})
      const { port } = server
      await server.play({ ...TOLD, port, conduct })
      assert.equal(
        (await read(conduct === 'refused' ? ({ port } as MetricsServer) : server, 'http')).kind,
        kind,
      )
      await server.play({ ...TOLD, port })
      assert.equal((await read(server, 'http')).kind, 'metrics')
    })
  }
})

suite('guarded', () => {
  test('the account of deploy/speaker-metrics.yaml → metrics; nobody, a stranger, somebody without the right → denied', async (t) => {
    const { double, guard, good } = await guarded(t)
    const server = await serving(t, { guard })
    const other = double.api.tokens.issue({ name: 'system:serviceaccount:arpcheck:arpcheck', groups: [] })
    const kinds = [good, null, 'nonsense', other].map(
      async (token) => (await read(server, 'https', token)).kind,
    )
    assert.deepEqual(await Promise.all(kinds), ['metrics', 'denied', 'denied', 'denied'])
  })

  test('an API that cannot be asked → status 500, as the real one', async (t) => {
    const { double, guard, good } = await guarded(t)
    const server = await serving(t, { guard })
    await double.wire.refuse()
    const expected = { kind: 'failed', text: 'it answers with status 500' }
    assert.deepEqual(await read(server, 'https', good), expected)
  })
})

suite('counters', () => {
  const request = (parts: Partial<ArpFrame> = {}): ArpFrame => {
    const sha = parseMac('1c:69:7a:aa:50:10')!
    const spa = parseIp('192.168.1.50')!
    const frame = {
      op: 'who-has',
      ethDst: BROADCAST_MAC,
      ethSrc: sha,
      sha,
      spa,
      tha: ZERO_MAC,
      tpa: VIP,
    } as const
    return decodeArp(encodeArp({ ...frame, ...parts })) as ArpFrame
  }

  for (const [what, state, parts, replies, expected] of [
    ['answered → both', {}, {}, 1, [1, 1]],
    ['answered twice over → one response', { copies: 2 }, {}, 2, [1, 1]],
    ['it cannot send → the request alone', { muted: true }, {}, 0, [1, 0]],
    ['lost on its way to it → neither', { loss: 1 }, {}, 0, undefined],
    ['deaf → neither', { deaf: 'all' }, {}, 0, undefined],
    ['deaf to broadcasts → neither', { deaf: 'broadcast' }, {}, 0, undefined],
    ['for another address → neither', {}, { tpa: OTHER }, 0, undefined],
    ['no request → neither', {}, { op: 'reply' }, 0, undefined],
  ] as const satisfies readonly (readonly [
    string,
    Partial<SpeakerState>,
    Partial<ArpFrame>,
    number,
    unknown,
  ])[]) {
    test(what, () => {
      const counters = new Counters()
      counters.count(request(parts), { state: { announces: [VIP], ...state }, nic: NIC, replies })
      const counted = counters.all.get(VIP)
      assert.deepEqual(counted && [counted.requests, counted.responses], expected)
      assert.equal(counters.all.has(OTHER), false)
    })
  }
})
