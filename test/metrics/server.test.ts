import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { after, suite, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { systemClock } from '../../src/clock.ts'
import type { Report } from '../../src/core/report.ts'
import { ArpcheckError } from '../../src/errors.ts'
import { LIMITS, type Limits } from '../../src/metrics/limits.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import type { Probe } from '../../src/metrics/probe.ts'
import type { Route, Routes } from '../../src/metrics/route.ts'
import { localRoutes, publicRoutes } from '../../src/metrics/routes.ts'
import { openServer, type OpenServer } from '../../src/metrics/server.ts'
import { until } from '../helpers/until.ts'
import { address, manyVips, watchState } from '../helpers/watched.ts'

// Both ports over real sockets on loopback: what is served, and what a slow, oversized or malformed client may take.
// Not covered: TLS and passwords (tls.test.ts, auth.test.ts), the text of the metrics (metrics.test.ts).

const state = watchState(manyVips(20))
const VIP = address('10.0.0.7')
const bugs: unknown[] = []
const open: OpenServer[] = []
after(() => Promise.all(open.map((server) => server.close())))

async function serve(served: Routes, limits: Partial<Limits> = {}): Promise<OpenServer> {
  const server = await openServer({
    host: '127.0.0.1',
    port: 0,
    routes: served,
    clock: systemClock,
    limits: { ...LIMITS, ...limits },
    onBug: (error) => bugs.push(error),
  })
  open.push(server)
  return server
}

function routes(
  probe: Probe = async () => ({ success: true, answerers: 1, log: ['asked', 'answered'] }),
): Routes {
  const build = { version: '1', revision: '', runtime: 'node' }
  const metrics = new Metrics({ state: () => state, clock: systemClock, build, maxVips: 500 })
  const report = (): Report => ({ apiVersion: 'arpcheck.io/v1', kind: 'Report' }) as Report
  return publicRoutes({ metrics, state: () => state, report, probe, clock: systemClock, version: '1.2.3' })
}

interface Got {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function ask(
  { port }: OpenServer,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const isGzip = response.headers['content-encoding'] === 'gzip'
        const text = (isGzip ? gunzipSync(bytes) : bytes).toString()
        resolve({ status: response.statusCode!, headers: response.headers, body: text })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

interface Raw {
  readonly socket: Socket
  text: string
  ended: boolean
}

async function raw({ port }: OpenServer, sent = ''): Promise<Raw> {
  const socket = connect(port, '127.0.0.1')
  const seen: Raw = { socket, text: '', ended: false }
  socket.on('data', (chunk: Buffer) => (seen.text += chunk.toString()))
  socket.on('error', () => {})
  socket.on('close', () => (seen.ended = true))
  await once(socket, 'connect')
  socket.write(sent)
  return seen
}

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

suite('the metrics port', () => {
  const server = serve(routes())

  for (const [path, status, type, has] of [
    ['/', 200, 'text/html', 'arpcheck 1.2.3'],
    ['/metrics', 200, 'text/plain; version=0.0.4', 'arpcheck_vip_verdict{'],
    ['/metrics?x=1', 200, 'text/plain; version=0.0.4', 'arpcheck_vip_verdict{'],
    ['/api/v1/report', 200, 'application/json', '"kind":"Report"'],
    [`/probe?target=${VIP}&module=arp`, 200, 'text/plain', 'probe_success 1'],
    [`/probe?target=${VIP}`, 200, 'text/plain', 'probe_arp_answerers 1'],
    [`/probe?target=${VIP}&debug=true`, 200, 'text/plain', 'asked\nanswered\n\nMetrics that would'],
    ['/probe', 400, 'text/plain', 'Give a VIP'],
    ['/probe?target=10.9.9.9', 400, 'text/plain', 'no VIP that is known here'],
    ['/probe?target=nonsense', 400, 'text/plain', 'no VIP that is known here'],
    [`/probe?target=${VIP}&module=icmp`, 400, 'text/plain', 'no module "icmp"'],
    ['/nowhere', 404, 'text/plain', 'Not found'],
    ['/metrics/', 404, 'text/plain', 'Not found'],
    ['/-/reload', 404, 'text/plain', 'Not found'],
    ['/-/healthy', 404, 'text/plain', 'Not found'],
    ['//metrics', 404, 'text/plain', 'Not found'],
    ['http://other/metrics', 400, 'text/plain', 'is no path'],
  ] as const) {
    test(`GET ${path} → ${status}`, async () => {
      const got = await ask(await server, path)
      assert.equal(got.status, status)
      assert.ok(got.headers['content-type']!.startsWith(type), got.headers['content-type'])
      assert.ok(got.body.includes(has), got.body.slice(0, 300))
    })
  }

  for (const [method, path, allow] of [
    ['POST', '/metrics', 'GET, HEAD'],
    ['DELETE', '/api/v1/report', 'GET, HEAD'],
    ['OPTIONS', '/', 'GET, HEAD'],
  ] as const) {
    test(`${method} ${path} → 405, allowed is ${allow}`, async () => {
      const { status, headers } = await ask(await server, path, { method })
      assert.deepEqual([status, headers.allow], [405, allow])
    })
  }

  test('HEAD /metrics → the header alone', async () => {
    const { status, headers, body } = await ask(await server, '/metrics', { method: 'HEAD' })
    assert.deepEqual([status, body], [200, ''])
    assert.ok(Number(headers['content-length']) > 1000)
  })

  test('who accepts OpenMetrics gets it', async () => {
    const accept = 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.1'
    const { headers, body } = await ask(await server, '/metrics', { headers: { accept } })
    assert.equal(headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8')
    assert.ok(body.endsWith('# EOF\n'))
  })

  for (const [encoding, given] of [
    ['gzip', 'gzip'],
    ['br, gzip;q=0.5', 'gzip'],
    ['gzip;q=0', undefined],
    ['identity', undefined],
  ] as const) {
    test(`Accept-Encoding: ${encoding} → ${given ?? 'plain'}`, async () => {
      const got = await ask(await server, '/metrics', { headers: { 'accept-encoding': encoding } })
      assert.equal(got.headers['content-encoding'], given)
      assert.ok(got.body.includes('arpcheck_build_info'))
    })
  }
})

suite('the loopback port', () => {
  let [trouble, reloads]: [string | null, number] = [null, 0]
  const server = serve(
    localRoutes({
      unhealthy: () => trouble,
      unready: () => 'the first list of VIPs is not complete',
      reload: async () => {
        reloads++
        if (reloads > 1) throw new ArpcheckError('config', 'arpcheck.yaml:3: no.', { remedy: ['Mend it.'] })
      },
    }),
  )

  test('healthy is 200 until something is wrong, then 503 with the reason', async () => {
    assert.equal((await ask(await server, '/-/healthy')).status, 200)
    trouble = 'no round for 90 s'
    const { status, body } = await ask(await server, '/-/healthy')
    assert.deepEqual([status, body], [503, 'no round for 90 s\n'])
  })

  test('not ready is 503 with the reason', async () =>
    assert.equal((await ask(await server, '/-/ready')).status, 503))

  test('POST /-/reload reloads; a mistake in the file is told; GET does nothing', async () => {
    assert.equal((await ask(await server, '/-/reload')).status, 405)
    assert.equal(reloads, 0)
    assert.equal((await ask(await server, '/-/reload', { method: 'POST' })).status, 200)
    const { status, body } = await ask(await server, '/-/reload', { method: 'POST' })
    assert.deepEqual([status, body], [500, 'arpcheck.yaml:3: no.\nMend it.\n'])
  })

  test('it serves no metrics', async () => assert.equal((await ask(await server, '/metrics')).status, 404))
})

suite('/probe', () => {
  test('a fifth at the same time → 503, and a place is free again afterwards', async () => {
    const waiting: (() => void)[] = []
    const probe: Probe = () =>
      new Promise((resolve) => waiting.push(() => resolve({ success: false, answerers: 0, log: [] })))
    const server = await serve(routes(probe))
    const path = `/probe?target=${VIP}`
    const four = [1, 2, 3, 4].map(() => ask(server, path))
    await until('four probes run', () => waiting.length === 4)
    const { status, headers } = await ask(server, path)
    assert.deepEqual([status, headers['retry-after']], [503, '1'])
    for (const end of waiting.splice(0)) end()
    for (const { body } of await Promise.all(four)) assert.match(body, /^probe_success 0$/m)
    const fifth = ask(server, path)
    await until('it runs', () => waiting.length === 1)
    waiting[0]!()
    assert.equal((await fifth).status, 200)
  })

  test('a spent budget → 503 with what to do', async () => {
    const server = await serve(
      routes(async () => {
        throw new ArpcheckError('capture-failed', 'The budget of eno1 is spent.', {
          remedy: ['Ask again later.'],
        })
      }),
    )
    const { status, body } = await ask(server, `/probe?target=${VIP}`)
    assert.deepEqual([status, body], [503, 'The budget of eno1 is spent.\nAsk again later.\n'])
  })

  for (const [what, headers] of [
    ["Prometheus' own time is nearly over", { 'x-prometheus-scrape-timeout-seconds': '0.51' }],
    ['the client goes', {}],
  ] as const) {
    test(`it is stopped when ${what}`, async () => {
      let signal: AbortSignal | undefined
      const server = await serve(
        routes((_vip, given) => {
          signal = given
          return new Promise((resolve) =>
            given.addEventListener('abort', () => resolve({ success: false, answerers: 0, log: [] })),
          )
        }),
      )
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      const client = await raw(
        server,
        `GET /probe?target=${VIP} HTTP/1.1\r\nHost: x\r\n${lines.join('')}\r\n`,
      )
      await until('it runs', () => signal !== undefined)
      if (lines.length === 0) client.socket.destroy()
      await until('it is stopped', () => signal!.aborted)
      if (lines.length > 0) await until('it is answered', () => client.text.includes('probe_success 0'))
    })
  }
})

suite('a client', () => {
  test('that sends its header slowly, or nothing, is cut off; others are answered meanwhile', async () => {
    const server = await serve(routes(), { headersMs: 200 })
    const [slow, mute] = [await raw(server, 'GET / HTTP/1.1\r\nHo'), await raw(server)]
    assert.equal((await ask(server, '/')).status, 200)
    await until('both are gone', () => slow.ended && mute.ended)
    assert.match(slow.text, /^(HTTP\/1\.1 408 .*)?/)
  })

  test('that does not read its answer is cut off; others are answered meanwhile', async () => {
    const big: Route = {
      method: 'GET',
      answer: () => ({ status: 200, type: 'x', body: 'x'.repeat(32 << 20) }),
    }
    const server = await serve(new Map([...routes(), ['/big', big]]), { answerMs: 300 })
    const lazy = await raw(server)
    lazy.socket.pause()
    lazy.socket.write('GET /big HTTP/1.1\r\nHost: x\r\n\r\n')
    assert.equal((await ask(server, '/')).status, 200)
    lazy.socket.once('close', () => {})
    await until('its socket is gone', () => {
      // a write meets the reset once the other end is gone
      lazy.socket.write('x')
      return lazy.socket.destroyed
    })
  })

  for (const [what, sent, status] of [
    ['a header of 9 kB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(9000)}\r\n\r\n`, 431],
    ['a path of 9 kB', `GET /${'x'.repeat(9000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ['no HTTP at all', '\u0016\u0003\u0001\0nonsense\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello', 413],
    ['an endless body', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', 413],
    ['a body with GET', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello', 413],
  ] as const) {
    test(`that sends ${what} → ${status}, and its connection ends`, async () => {
      const client = await raw(await serve(routes()), sent)
      await until('it ends', () => client.ended)
      assert.match(client.text, new RegExp(`^HTTP/1\\.1 ${status} `))
    })
  }

  test('that pipelines is cut off: nobody reads so many answers', async () => {
    const client = await raw(await serve(routes()), GET.repeat(2000))
    await until('it ends', () => client.ended)
    assert.ok(client.text.split('HTTP/1.1').length <= 5, client.text)
  })

  test('that asks again and again on one connection is answered each time', async () => {
    const client = await raw(await serve(routes()))
    for (let count = 1; count <= 20; count++) {
      client.socket.write(GET)
      await until('it is answered', () => client.text.split('HTTP/1.1 200').length === count + 1)
    }
    client.socket.destroy()
  })

  test('that opens more than 8 connections loses the newest, not those it has', async () => {
    const server = await serve(routes())
    const eight = await Promise.all(Array.from({ length: 8 }, () => raw(server)))
    const ninth = await raw(server)
    await until('the ninth is gone', () => ninth.ended)
    eight[0]!.socket.write(GET)
    await until('the first is answered', () => eight[0]!.text.includes('200 OK'))
    for (const { socket } of eight) socket.destroy()
  })
})

test('many who scrape at once share one text', async () => {
  let scrapes = 0
  const metrics = { scrape: async () => `made ${++scrapes}` } as unknown as Metrics
  const clock = { ...systemClock, monotonicMs: () => 0 }
  const shared = publicRoutes({
    metrics,
    state: () => state,
    report: () => ({}) as Report,
    probe: () => Promise.reject(new Error('none')),
    clock,
    version: '',
  })
  const { answer } = shared.get('/metrics')!
  const asked = { query: new URLSearchParams(), headers: {}, signal: new AbortController().signal }
  const texts = await Promise.all([answer(asked), answer(asked), answer(asked)])
  assert.deepEqual(new Set(texts.map(({ body }) => body)), new Set(['made 1']))
})

test('a mistake of ours → 500 without a word of it, and it is told where it is logged', async () => {
  const broken: Route = {
    method: 'GET',
    answer: () => {
      throw new Error('secret words')
    },
  }
  const got = await ask(await serve(new Map([['/', broken]])), '/')
  assert.deepEqual([got.status, got.body], [500, 'A mistake of ours: see the log.\n'])
  assert.match(String(bugs.at(-1)), /secret words/)
})

test('closing: an answer under way has its moment, every socket ends, nobody new is let in', async () => {
  let release: (() => void) | undefined
  const slow: Route = {
    method: 'GET',
    answer: () =>
      new Promise((resolve) => {
        release = () => resolve({ status: 200, type: 'text/plain', body: 'late' })
      }),
  }
  const server = await serve(new Map([['/slow', slow]]))
  const [idle, half] = [await raw(server), await raw(server, 'GET / HT')]
  const served = ask(server, '/slow')
  await until('it is asked', () => release !== undefined)
  const closed = server.close()
  release!()
  assert.equal((await served).body, 'late')
  await closed
  await until('all sockets ended', () => idle.ended && half.ended)
  await assert.rejects(ask(server, '/'), /ECONNREFUSED/)
})

test('closing: whoever takes longer than that moment is cut off', async () => {
  const never: Route = { method: 'GET', answer: () => new Promise(() => {}) }
  const server = await serve(new Map([['/', never]]), { closeMs: 50 })
  const client = await raw(server, GET)
  await until('it is asked', () => client.socket.bytesWritten > 0)
  await server.close()
  await until('its socket ended', () => client.ended)
})

test('a port that is taken → said with who to look for', async () => {
  const { port } = await serve(routes())
  const taken = openServer({ host: '127.0.0.1', port, routes: routes(), clock: systemClock, onBug: () => {} })
  await assert.rejects(taken, (error: ArpcheckError) => {
    assert.match(error.message, /^Cannot listen on 127\.0\.0\.1 \d+: .*EADDRINUSE/)
    return error.code === 'config'
  })
})

test('no request of these tests was a mistake of ours, but the one that was meant to be', () =>
  assert.equal(bugs.length, 1))
