import assert from 'node:assert/strict'
import { hashSync } from 'bcryptjs'
import { renameSync, writeFileSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { systemClock } from '../../src/clock.ts'
import { createAuthority, newKeys } from '../../src/lab/api/certificates.ts'
import { LIMITS } from '../../src/metrics/limits.ts'
import { plain, type Route } from '../../src/metrics/route.ts'
import { openServer, type OpenServer } from '../../src/metrics/server.ts'
import { protectedBy } from '../../src/metrics/web/protected.ts'
import { ownFolder } from '../helpers/folder.ts'
import { until } from '../helpers/until.ts'

// A server under a web configuration file, over real TLS: who gets in, what is rotated without a restart.

const folder = ownFolder()
const authority = createAuthority('of this test', Date.now())
const stranger = createAuthority('a stranger', Date.now(), newKeys())
const client = authority.issue({ commonName: 'prometheus' })
const named = authority.issue({ commonName: 'prometheus', names: ['prometheus', '10.0.0.9'] })
const unknown = stranger.issue({ commonName: 'prometheus' })
const open: OpenServer[] = []
after(() => Promise.all(open.map((server) => server.close())))

let count = 0

interface Served extends OpenServer {
  readonly path: string
  readonly trouble: string[]
}

const TLS = 'tls_server_config:\n  cert_file: tls.crt\n  key_file: tls.key\n'

function put(name: string, text: string): void {
  writeFileSync(join(folder, `${name}.new`), text)
  renameSync(join(folder, `${name}.new`), join(folder, name))
}

function putPair({ cert, key } = authority.issue({ commonName: 'first', names: ['localhost'] })): void {
  put('tls.crt', cert)
  put('tls.key', key)
}

async function serve(text: string, limits: Partial<typeof LIMITS> = {}): Promise<Served> {
  putPair()
  put('ca.crt', authority.cert)
  const name = `web-${++count}.yml`
  put(name, text)
  const trouble: string[] = []
  const home: Route = { method: 'GET', answer: () => plain(200, 'in') }
  const server = await openServer({
    host: '127.0.0.1',
    port: 0,
    routes: new Map([['/', home]]),
    clock: systemClock,
    limits: { ...LIMITS, ...limits },
    onBug: (error) => assert.fail(String(error)),
    ...protectedBy(join(folder, name), systemClock, ({ message }) => trouble.push(message)),
  })
  open.push(server)
  return { ...server, path: name, trouble }
}

interface Got {
  readonly status: number
  readonly name: string
  readonly headers: NodeJS.Dict<string | string[]>
}

function ask({ port }: OpenServer, options: RequestOptions = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const common = { host: '127.0.0.1', port, agent: false, rejectUnauthorized: false, ...options }
    const sent = request(common, (response) => {
      const name = (response.socket as TLSSocket).getPeerCertificate().subject.CN
      response
        .resume()
        .on('end', () =>
          resolve({ status: response.statusCode!, name: String(name), headers: response.headers }),
        )
    })
    sent.on('error', reject)
    sent.end()
  })
}

suite('clients and certificates', () => {
  const CA = '  client_ca_file: ca.crt\n'
  for (const [type, none, strange, right] of [
    ['NoClientCert', true, true, true],
    ['RequestClientCert', true, true, true],
    ['RequireAnyClientCert', false, true, true],
    ['VerifyClientCertIfGiven', true, false, true],
    ['RequireAndVerifyClientCert', false, false, true],
  ] as const) {
    const said = [none, strange, right].map((may) => (may ? 'in' : 'out')).join(', ')
    test(`${type}: without one, with a stranger's, with one of the CA → ${said}`, async () => {
      const server = await serve(`${TLS}  client_auth_type: ${type}\n${type === 'NoClientCert' ? '' : CA}`)
      const gets = async (options: RequestOptions): Promise<boolean> =>
        ask(server, options).then(
          ({ status }) => status === 200,
          () => false,
        )
      assert.deepEqual([await gets({}), await gets(unknown), await gets(client)], [none, strange, right])
    })
  }

  for (const [sans, enters] of [
    ['[prometheus]', true],
    ['[10.0.0.9]', true],
    ['[grafana]', false],
  ] as const) {
    test(`client_allowed_sans: ${sans} → ${enters ? 'in' : 'out'}`, async () => {
      const server = await serve(
        `${TLS}  client_auth_type: RequireAnyClientCert\n${CA}  client_allowed_sans: ${sans}\n`,
      )
      if (enters) assert.equal((await ask(server, named)).status, 200)
      else await assert.rejects(ask(server, named))
    })
  }

  test('TLS 1.3 alone → a client of 1.2 is refused', async () => {
    const server = await serve(`${TLS}  min_version: TLS13\n`)
    assert.equal((await ask(server)).status, 200)
    await assert.rejects(ask(server, { maxVersion: 'TLSv1.2' }))
  })

  test('a cipher that is not listed → refused', async () => {
    const server = await serve(
      `${TLS}  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n`,
    )
    assert.equal((await ask(server, { ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' })).status, 200)
    await assert.rejects(ask(server, { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }))
  })
})

suite('rotation', () => {
  test('a new certificate holds from the next handshake on', async () => {
    const server = await serve(TLS)
    assert.equal((await ask(server)).name, 'first')
    putPair(stranger.issue({ commonName: 'second', names: ['localhost'] }))
    assert.equal((await ask(server)).name, 'second')
    assert.deepEqual(server.trouble, [])
  })

  test('half a rotation leaves the old pair in force, is told once, and the other half mends it', async () => {
    const server = await serve(TLS)
    const next = stranger.issue({ commonName: 'third', names: ['localhost'] })
    put('tls.crt', next.cert)
    for (const _ of [1, 2, 3]) assert.equal((await ask(server)).name, 'first')
    assert.equal(server.trouble.length, 1)
    assert.match(server.trouble[0]!, /cannot be used: .*key values mismatch/)
    put('tls.key', next.key)
    assert.equal((await ask(server)).name, 'third')
  })

  test('users and headers of the file hold from the next request on; a mistake in it changes nothing', async () => {
    const server = await serve(TLS)
    assert.equal((await ask(server)).status, 200)
    put(
      server.path,
      `${TLS}http_server_config:\n  headers:\n    X-Frame-Options: deny\nbasic_auth_users:\n  a: ${hashSync('b', 4)}\n`,
    )
    const { status, headers } = await ask(server)
    assert.deepEqual([status, headers['x-frame-options']], [401, 'deny'])
    assert.equal((await ask(server, { auth: 'a:b' })).status, 200)
    put(server.path, 'nonsense: true\n')
    assert.equal((await ask(server)).status, 401)
    assert.equal(server.trouble.length, 1)
  })

  test('a file that stops to ask for TLS leaves TLS in force', async () => {
    const server = await serve(TLS)
    put(server.path, '')
    assert.equal((await ask(server)).status, 200)
    assert.match(server.trouble[0]!, /turns TLS on or off: that takes a restart/)
  })
})

test('who speaks no TLS, or nothing at all, is cut off; others are let in meanwhile', async () => {
  const server = await serve(TLS, { handshakeMs: 200 })
  const mute = connect(server.port, '127.0.0.1')
  let ended = false
  mute
    .on('error', () => {})
    .on('close', () => (ended = true))
    .resume()
  await assert.rejects(
    new Promise((resolve, reject) => {
      plainRequest({ port: server.port, host: '127.0.0.1', agent: false }, resolve).on('error', reject).end()
    }),
  )
  assert.equal((await ask(server)).status, 200)
  await until('the mute one is gone', () => ended)
})

test('a client that opens more than 8 connections loses the newest before its handshake', async () => {
  const server = await serve(TLS)
  const ended: number[] = []
  const sockets = Array.from({ length: 10 }, (_, i) => {
    const socket = connect(server.port, '127.0.0.1')
    return socket
      .on('error', () => {})
      .on('close', () => ended.push(i))
      .resume()
  })
  await until('two are gone', () => ended.length === 2)
  sockets.find((_, i) => !ended.includes(i))!.destroy()
  await until('its place is free', () => ended.length === 3)
  assert.equal((await ask(server)).status, 200)
  for (const socket of sockets) socket.destroy()
})

test('closing ends a handshake that was begun', async () => {
  const server = await serve(TLS, { closeMs: 50 })
  const mute = connect(server.port, '127.0.0.1')
  let ended = false
  mute
    .on('error', () => {})
    .on('close', () => (ended = true))
    .resume()
  assert.equal((await ask(server)).status, 200)
  await server.close()
  await until('it is gone', () => ended)
})

test('without TLS a user is asked for all the same, by a header', async () => {
  const server = await serve(`basic_auth_users:\n  a: ${hashSync('b', 4)}\n`)
  const status = await new Promise((resolve, reject) => {
    const sent = plainRequest({ port: server.port, host: '127.0.0.1', agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject).end()
  })
  assert.equal(status, 401)
})
