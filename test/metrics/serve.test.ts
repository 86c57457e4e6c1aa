import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import type { Report } from '../../src/core/report.ts'
import { ArpcheckError } from '../../src/errors.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { serve, type ServeOptions } from '../../src/metrics/serve.ts'
import { manyVips, watchState } from '../helpers/watched.ts'

// Both ports together, as the daemon opens them. Not covered: each of them (server.test.ts, tls.test.ts).

/** A port that was free a moment ago: what is tested here names its ports beforehand. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => void server.close(resolve))
  return port
}

async function options(): Promise<ServeOptions> {
  const state = watchState(manyVips(3))
  const build = { version: '1', revision: '', runtime: 'node' }
  return {
    metrics: new Metrics({ state: () => state, clock: systemClock, build, maxVips: 500 }),
    state: () => state,
    report: () => ({ kind: 'Report' }) as Report,
    probe: async () => ({ success: true, answerers: 1, log: [] }),
    clock: systemClock,
    version: '1',
    unhealthy: () => null,
    unready: () => null,
    reload: async () => {},
    listen: { host: '127.0.0.1', port: await freePort() },
    healthListen: { host: '127.0.0.1', port: await freePort() },
    webConfigFile: null,
    onTrouble: (error) => assert.fail(error.message),
    onBug: (error) => assert.fail(String(error)),
  }
}

async function status({ port }: { readonly port: number }, path: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  await response.text()
  return response.status
}

test('each port serves its own, and both are closed as one', async () => {
  const given = await options()
  const { listen, healthListen } = given
  const served = await serve(given)
  assert.deepEqual([await status(listen, '/metrics'), await status(listen, '/-/healthy')], [200, 404])
  assert.deepEqual(
    [await status(healthListen, '/metrics'), await status(healthListen, '/-/ready')],
    [404, 200],
  )
  await served.close()
  await assert.rejects(status(listen, '/'))
  await assert.rejects(status(healthListen, '/-/healthy'))
})

test('where one port is taken, the other one is given back', async () => {
  const given = await options()
  const taken = createServer()
  await new Promise<void>((resolve) => void taken.listen(given.listen.port, '127.0.0.1', resolve))
  await assert.rejects(serve(given), (error) => error instanceof ArpcheckError && error.exitCode === 2)
  await assert.rejects(status(given.healthListen, '/-/healthy'))
  await new Promise((resolve) => void taken.close(resolve))
})

test('a web configuration that cannot be read → nothing is opened', async () => {
  const given = { ...(await options()), webConfigFile: '/no/such/web.yml' }
  await assert.rejects(serve(given), /Cannot read \/no\/such\/web\.yml: no such file/)
  await assert.rejects(status(given.healthListen, '/-/healthy'))
})
