import assert from 'node:assert/strict'
import { createServer as createPlain, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTls } from 'node:https'
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net'
import { after, suite, test } from 'node:test'
import { systemClock, type Clock } from '../../src/clock.ts'
import type { ClaimReading, MetricsEndpoint } from '../../src/core/claims.ts'
import { parseIp } from '../../src/core/ip.ts'
import { createAuthority } from '../../src/lab/api/certificates.ts'
import { MAX_BODY_BYTES } from '../../src/speakers/fetch.ts'
import { ClaimReader } from '../../src/speakers/reader.ts'
import { until } from '../helpers/until.ts'

// One speaker's metrics over real HTTP and HTTPS on loopback: what becomes of each way to answer, and who sees the token.
// Not covered: hosts that cannot be reached (unreachable.test.ts), the text itself (metrics.test.ts).

const LOOPBACK = parseIp('127.0.0.1')!
const TOKEN = 'only-for-metrics'
const METRICS = 'metallb_k8s_client_config_loaded_bool 1\n'
const READ: ClaimReading = {
  kind: 'metrics',
  metrics: { announced: [], counters: new Map(), configLoaded: true, configStale: null },
}
const TEXT = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }
const never = new AbortController().signal
const servers: Server[] = []
const sockets = new Set<Socket>()
after(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
})

async function listening(server: Server): Promise<number> {
  servers.push(server)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => void server.listen(0, LOOPBACK, resolve))
  return (server.address() as AddressInfo).port
}

type Answers = RequestListener
const seen: IncomingMessage[] = []

async function plain(answers: Answers): Promise<MetricsEndpoint> {
  return { scheme: 'http', port: await listening(createPlain(recorded(answers))) }
}

let identity: { cert: string; key: string } | undefined

async function tls(answers: Answers): Promise<MetricsEndpoint> {
  identity ??= createAuthority('nobody that we know', Date.now()).issue({
    commonName: 'speaker',
    names: ['other.example'],
  })
  return { scheme: 'https', port: await listening(createTls(identity, recorded(answers))) }
}

function recorded(answers: Answers): Answers {
  return (request, response) => {
    seen.push(request)
    answers(request, response)
  }
}

async function bytes(text: string, then: (socket: Socket) => void): Promise<MetricsEndpoint> {
  const server = createTcp((socket) => {
    socket.once('data', () => socket.write(text, () => then(socket)))
  })
  return { scheme: 'http', port: await listening(server) }
}

async function closedPort(): Promise<MetricsEndpoint> {
  const { scheme, port } = await plain(() => {})
  const server = servers.pop()!
  await new Promise((resolve) => server.close(resolve))
  return { scheme, port }
}

interface Asking {
  readonly timeoutMs?: number
  readonly token?: string | null
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

async function read(endpoints: readonly MetricsEndpoint[], asking: Asking = {}): Promise<ClaimReading> {
  const { timeoutMs = 5000, token = TOKEN, signal = never, clock = systemClock } = asking
  const reader = new ClaimReader({ clock, timeoutMs, token: () => Promise.resolve(token) })
  const { node, reading } = await reader.read({ node: 'nuc-4', address: LOOPBACK, endpoints }, signal)
  assert.equal(node, 'nuc-4')
  return reading
}

const says =
  (body: string, headers: Record<string, string> = TEXT, status = 200): Answers =>
  (_, response) =>
    void response.writeHead(status, headers).end(body)

/** As v0.16.0 and later: controller-runtime's filter. */
const guarded: Answers = (request, response) => {
  const shown = request.headers.authorization
  if (shown === `Bearer ${TOKEN}`) says(METRICS)(request, response)
  else response.writeHead(shown === undefined ? 401 : 403).end('no\n')
}

suite('an answer → its reading', () => {
  for (const [what, answers, expected] of [
    ['metrics', says(METRICS), READ],
    ['metrics without a type', says(METRICS, {}), READ],
    ['metrics of the newer format', says(METRICS, { 'content-type': 'application/openmetrics-text' }), READ],
    ['status 401', says('', {}, 401), { kind: 'denied' }],
    ['status 403', says('', {}, 403), { kind: 'denied' }],
    ['status 404', says('', {}, 404), { kind: 'failed', text: 'it answers with status 404' }],
    ['status 500', says(METRICS, TEXT, 500), { kind: 'failed', text: 'it answers with status 500' }],
    [
      'a redirection, which is not followed',
      says('', { location: 'http://127.0.0.1:1/' }, 302),
      { kind: 'failed', text: 'it answers with status 302' },
    ],
    [
      'a page of HTML',
      says('<html>metallb_</html>', { 'content-type': 'text/html' }),
      { kind: 'malformed', text: 'text/html in place of metrics' },
    ],
    [
      'gzip, which was not asked for',
      says('\x1f\x8b', { ...TEXT, 'content-encoding': 'gzip' }),
      { kind: 'malformed', text: 'encoded as gzip, which was not asked for' },
    ],
    [
      'metrics of another program',
      says('node_load1 0.1\n'),
      { kind: 'malformed', text: 'no series of MetalLB: another program answers there' },
    ],
  ] as const satisfies readonly (readonly [string, Answers, ClaimReading])[]) {
    for (const open of [plain, tls])
      test(`${what}, ${open === plain ? 'plain' : 'by TLS'} → ${expected.kind}`, async () =>
        assert.deepEqual(await read([await open(answers)]), expected))
  }

  for (const [what, status, expected] of [
    ['metrics', 200, { kind: 'malformed', text: `more than ${MAX_BODY_BYTES >> 20} MiB` }],
    ['a refusal', 403, { kind: 'denied' }],
    ['an error', 500, { kind: 'failed', text: 'it answers with status 500' }],
  ] as const) {
    test(`${what} without an end → ${expected.kind}, and the connection is closed, whatever is still to come`, async () => {
      let isClosed = false
      const endless: Answers = (_, response) => {
        const more = (): void => void (response.destroyed || response.write('a'.repeat(65_536), more))
        response.writeHead(status, TEXT).on('close', () => (isClosed = true))
        response.on('error', () => {})
        more()
      }
      assert.deepEqual(await read([await plain(endless)]), expected)
      await until('the connection is closed', () => isClosed)
    })
  }

  for (const [what, text, then, expected] of [
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', (socket: Socket) => socket.end(), 'malformed'],
    ['a header without an end', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}`, () => {}, 'malformed'],
    ['a reset at once', '', (socket: Socket) => socket.resetAndDestroy(), 'failed'],
    ['an end at once', '', (socket: Socket) => socket.end(), 'failed'],
    [
      'a reset within the body',
      `HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n${METRICS}`,
      (socket: Socket) => socket.resetAndDestroy(),
      'malformed',
    ],
    [
      'an end before the body is whole',
      `HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n${METRICS}`,
      (socket: Socket) => socket.end(),
      'malformed',
    ],
    [
      'a chunk that is none',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
      (socket: Socket) => socket.end(),
      'malformed',
    ],
  ] as const) {
    test(`${what} → ${expected}`, async () =>
      assert.equal((await read([await bytes(text, then)])).kind, expected))
  }
})

suite('time', () => {
  for (const [what, open] of [
    ['accepted, and not a byte', () => bytes('', () => {})],
    ['headers, and no body', () => bytes('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n', () => {})],
    ['no TLS handshake', async () => ({ ...(await bytes('', () => {})), scheme: 'https' as const })],
    [
      'a byte now and then',
      () =>
        plain((_, response) => {
          response.writeHead(200, TEXT)
          const drip = setInterval(() => response.write('#'), 5)
          response.on('close', () => clearInterval(drip))
        }),
    ],
  ] as const) {
    test(`${what} → timeout`, async () =>
      assert.deepEqual(await read([await open()], { timeoutMs: 60 }), { kind: 'timeout' }))
  }

  test('an abort while it waits → interrupted; one that came before → interrupted, nobody asked', async () => {
    const stop = new AbortController()
    const endpoint = await plain(() => stop.abort())
    assert.deepEqual(await read([endpoint], { signal: stop.signal }), { kind: 'interrupted' })
    const before = seen.length
    assert.deepEqual(await read([endpoint], { signal: stop.signal }), { kind: 'interrupted' })
    assert.equal(seen.length, before)
  })

  test('all endpoints of a speaker share one time, and one that timed out is given less the next time', async () => {
    const given: number[] = []
    const clock: Clock = {
      ...systemClock,
      sleep: (ms, signal) => {
        given.push(ms)
        return systemClock.sleep(ms === 500 || given.length === 2 ? 20 : ms, signal)
      },
    }
    const reader = new ClaimReader({ clock, timeoutMs: 2000, token: async () => null })
    const endpoints = [await plain(says('', {}, 404)), await bytes('', () => {})]
    const source = { node: 'nuc-4', address: LOOPBACK, endpoints }
    assert.deepEqual((await reader.read(source, never)).reading, { kind: 'timeout' })
    assert.equal(given[0], 2000)
    assert.ok(given[1]! < 2000 && given[1]! > 0)
    await reader.read(source, never)
    assert.equal(given[2], 500)
  })
})

suite('several endpoints', () => {
  test('plain refused, as where a proxy keeps it on loopback → the next one by TLS', async () =>
    assert.deepEqual(await read([await closedPort(), await tls(guarded)]), READ))

  test('none listens → refused; none is known → refused', async () => {
    assert.deepEqual(await read([await closedPort(), await closedPort()]), { kind: 'refused' })
    assert.deepEqual(await read([]), { kind: 'refused' })
  })

  test('one that gives no answer in time → timeout, and the next one is not asked', async () => {
    const [mute, next] = [await bytes('', () => {}), await plain(says(METRICS))]
    const before = sockets.size
    assert.deepEqual(await read([mute, next], { timeoutMs: 60 }), { kind: 'timeout' })
    assert.deepEqual(await read([next]), READ)
    assert.equal(sockets.size, before + 2)
  })

  test('another program, then a closed port → the program is told', async () =>
    assert.equal((await read([await plain(says('x 1')), await closedPort()])).kind, 'malformed'))

  test('plain HTTP to a TLS port, TLS to a plain one → failed, each in its words', async () => {
    const [byTls, open] = [await tls(guarded), await plain(says(METRICS))]
    const wrong = await read([{ ...open, scheme: 'https' }])
    assert.equal(wrong.kind, 'failed')
    assert.notEqual((await read([{ ...byTls, scheme: 'http' }])).kind, 'metrics')
    assert.deepEqual(await read([{ ...open, scheme: 'https' }, open]), READ)
  })
})

suite('the token', () => {
  test('a certificate of nobody we know, for another name → read, with the token', async () =>
    assert.deepEqual(await read([await tls(guarded)]), READ))

  test('no token, or another one → denied', async () => {
    assert.deepEqual(await read([await tls(guarded)], { token: null }), { kind: 'denied' })
    assert.deepEqual(await read([await tls(guarded)], { token: 'another' }), { kind: 'denied' })
  })

  test('by plain HTTP it is never sent, nor asked for', async () => {
    const endpoint = await plain(says(METRICS))
    const token = () => assert.fail('asked for')
    const reader = new ClaimReader({ clock: systemClock, timeoutMs: 5000, token })
    const source = { node: 'nuc-4', address: LOOPBACK, endpoints: [endpoint] }
    assert.deepEqual((await reader.read(source, never)).reading, READ)
    assert.equal(seen.at(-1)!.headers.authorization, undefined)
  })

  test('what is asked is one GET of /metrics, and no more', async () => {
    const before = seen.length
    await read([await tls(guarded)])
    const [asked, ...more] = seen.slice(before)
    assert.deepEqual([asked!.method, asked!.url, more.length], ['GET', '/metrics', 0])
  })

  test('every connection is closed once it has been read', async () => {
    const endpoint = await tls(guarded)
    const before = sockets.size
    await read([endpoint])
    await until('closed', () => [...sockets].slice(before).every((socket) => socket.destroyed))
    assert.equal(sockets.size, before + 1)
  })
})
