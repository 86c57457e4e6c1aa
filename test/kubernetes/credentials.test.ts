import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { seededRandom } from '../../src/core/random.ts'
import { openApi } from '../../src/kubernetes/api.ts'
import { openCredentials } from '../../src/kubernetes/credentials.ts'
import { openCluster } from '../../src/kubernetes/main.ts'
import { openTransport } from '../../src/kubernetes/transport.ts'
import { node } from '../../src/lab/api/objects.ts'
import { doubleWith, file, folder } from '../helpers/double.ts'
import { until } from '../helpers/until.ts'

// How we say who we are: certificates, tokens, plugins, a pod's account; and how that is renewed. All against the double,
// by client-node. OIDC is client-node's own, and not covered.

const CHANCES = { clock: systemClock, random: seededRandom(1) }
const ADMIN = { name: 'admin', groups: ['system:masters'] }

/** A kubeconfig of the double with this user. */
function withUser(adminKubeconfig: string, user: object): string {
  return JSON.stringify({ ...(JSON.parse(adminKubeconfig) as object), users: [{ name: 'lab', user }] })
}

/** A plugin that prints a credential and counts its calls in a file. */
function plugin(
  t: TestContext,
  status: object,
  before = '',
): { command: string; calls: () => number; saw: () => string } {
  const where = folder(t)
  const [command, log] = [join(where, 'plugin'), join(where, 'calls')]
  const credential = JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status,
  })
  writeFileSync(
    command,
    `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO $EXTRA $1" >> '${log}'\n${before}\ncat <<'X'\n${credential}\nX\n`,
  )
  chmodSync(command, 0o755)
  const saw = (): string => (existsSync(log) ? readFileSync(log, 'utf8') : '')
  return { command, saw, calls: () => saw().split('\n').length - 1 }
}

async function nodesSeen(
  kubeconfig: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<number> {
  const cluster = openCluster({ kubeconfig, env }, CHANCES)
  try {
    return (await cluster.read()).nodes.length
  } finally {
    await cluster.close()
  }
}

test('a client certificate, as K3s and kubeadm give out → in', async (t) => {
  const { adminKubeconfig } = await doubleWith(t, [node({ name: 'nuc-1', ip: '192.168.1.11' })])
  assert.equal(await nodesSeen(file(t, 'k', adminKubeconfig)), 1)
})

test('a token, a token in a file with a line break after it, a user with name and password → each its header', async (t) => {
  const double = await doubleWith(t, [node({ name: 'nuc-1', ip: '192.168.1.11' })])
  const token = double.api.tokens.issue(ADMIN)
  assert.equal(await nodesSeen(file(t, 'k', double.kubeconfigFor(token))), 1)
  const tokenFile = file(t, 'token', `${token}\n`)
  assert.equal(await nodesSeen(file(t, 'k', withUser(double.adminKubeconfig, { tokenFile }))), 1)
  const basic = file(t, 'k', withUser(double.adminKubeconfig, { username: 'me', password: 'pass' }))
  await nodesSeen(basic).catch(() => {})
  assert.equal(double.api.requests.at(-1)?.headers['authorization'], `Basic ${btoa('me:pass')}`)
})

test('an exec plugin → called once for all requests, with arguments, environment and KUBERNETES_EXEC_INFO', async (t) => {
  const double = await doubleWith(t, [node({ name: 'nuc-1', ip: '192.168.1.11' })])
  const { command, calls, saw } = plugin(t, { token: double.api.tokens.issue(ADMIN) })
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command,
    args: ['get-token'],
    provideClusterInfo: true,
    env: [
      {
        name: 'EXTRA',
        value: 'extra',
      },
    ],
  }
  const kubeconfig = file(t, 'k', withUser(double.adminKubeconfig, { exec }))
  assert.equal(await nodesSeen(kubeconfig, { PATH: process.env['PATH'] }), 1)
  assert.equal(calls(), 1)
  assert.match(saw(), /"interactive":false,"cluster":\{"server":"https:[^}]*\}\}\} extra get-token$/m)
})

for (const name of ['gcp', 'azure'])
  test(`auth-provider ${name} whose token has expired → told; its cmd-path, which a shell would run, is not`, async (t) => {
    const double = await doubleWith(t, [node({ name: 'nuc-1', ip: '192.168.1.11' })])
    const trace = join(folder(t), 'was-run')
    const past = { expiry: '2020-01-01T00:00:00Z', 'expires-on': '1', 'access-token': 'old' }
    const config = { ...past, 'cmd-path': '/usr/bin/touch', 'cmd-args': trace }
    const kubeconfig = file(t, 'k', withUser(double.adminKubeconfig, { 'auth-provider': { name, config } }))
    await assert.rejects(nodesSeen(kubeconfig), /Token is expired/)
    assert.ok(!existsSync(trace))
  })

test('auth-provider gcp whose token is good → in', async (t) => {
  const double = await doubleWith(t, [node({ name: 'nuc-1', ip: '192.168.1.11' })])
  const config = { 'access-token': double.api.tokens.issue(ADMIN), expiry: '2100-01-01T00:00:00Z' }
  const user = { 'auth-provider': { name: 'gcp', config } }
  assert.equal(await nodesSeen(file(t, 'k', withUser(double.adminKubeconfig, user))), 1)
})

test('an exec plugin that gives a certificate → in', async (t) => {
  const double = await doubleWith(t, [node({ name: 'nuc-1', ip: '192.168.1.11' })])
  const { cert, key } = double.authority.issue({ commonName: 'admin', organization: 'system:masters' })
  const { command } = plugin(t, { clientCertificateData: cert, clientKeyData: key })
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command }
  assert.equal(
    await nodesSeen(file(t, 'k', withUser(double.adminKubeconfig, { exec })), { PATH: process.env['PATH'] }),
    1,
  )
})

test('a token that is withdrawn while we watch → 401, read again at once; no watch is lost for it', async (t) => {
  const double = await doubleWith(t, [node({ name: 'nuc-1', ip: '192.168.1.11' })])
  const first = double.api.tokens.issue(ADMIN)
  const tokenFile = file(t, 'token', first)
  const cluster = openCluster(
    { kubeconfig: file(t, 'k', withUser(double.adminKubeconfig, { tokenFile })), env: {} },
    CHANCES,
  )
  t.after(() => cluster.close())
  const watch = cluster.follow({ startWithinMs: 0, metallbNamespace: 'metallb-system' } as object)
  await watch.ready()
  writeFileSync(tokenFile, double.api.tokens.issue(ADMIN))
  double.api.tokens.withdraw(first)
  double.restart()
  const asked = double.api.requests.length
  const after = (): typeof double.api.requests => double.api.requests.slice(asked)
  await until('refused', () => after().some(({ status }) => status === 401))
  await until(
    'in again',
    () => after().filter(({ isWatch, status }) => isWatch && status === 200).length >= 4,
  )
})

test('a kubeconfig that is replaced while we watch, its token withdrawn → 401, the file is read again; no watch is lost for it', async (t) => {
  const double = await doubleWith(t, [node({ name: 'nuc-1', ip: '192.168.1.11' })])
  const first = double.api.tokens.issue(ADMIN)
  const kubeconfig = file(t, 'k', withUser(double.adminKubeconfig, { token: first }))
  const cluster = openCluster({ kubeconfig, env: {} }, CHANCES)
  t.after(() => cluster.close())
  const watch = cluster.follow({ startWithinMs: 0, metallbNamespace: 'metallb-system' } as object)
  await watch.ready()
  writeFileSync(kubeconfig, withUser(double.adminKubeconfig, { token: double.api.tokens.issue(ADMIN) }))
  double.api.tokens.withdraw(first)
  double.restart()
  const asked = double.api.requests.length
  const after = (): typeof double.api.requests => double.api.requests.slice(asked)
  await until('refused', () => after().some(({ status }) => status === 401))
  await until(
    'in again',
    () => after().filter(({ isWatch, status }) => isWatch && status === 200).length >= 4,
  )
})

test('a pod → its token and CA are read anew when they change', async (t) => {
  const double = await doubleWith(t, [node({ name: 'nuc-1', ip: '192.168.1.11' })])
  const where = folder(t)
  const put = (name: string, text: string): void => writeFileSync(join(where, name), text)
  const { hostname, port } = new URL(double.url)
  put('ca.crt', double.authority.cert)
  put('namespace', 'arpcheck')
  put('token', 'old')
  const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port }
  const places = { k3s: join(where, 'none'), serviceAccount: where }
  const cluster = openCluster({ env, places }, CHANCES)
  t.after(() => cluster.close())
  await assert.rejects(cluster.read(), { code: 'api-unauthorized' })
  put('token', double.api.tokens.issue(ADMIN))
  // What was refused a moment after it was read is not read again at once.
  const deadlineMs = performance.now() + 5000
  let nodes = 0
  while (nodes === 0 && performance.now() < deadlineMs)
    nodes = await cluster.read().then(
      (snapshot) => snapshot.nodes.length,
      () => 0,
    )
  assert.equal(nodes, 1)
  assert.equal(cluster.podNamespace, 'arpcheck')
})

const FAILURES: readonly [title: string, status: object, before: string, says: RegExp][] = [
  [
    'fails',
    {},
    'echo "You must be logged in" >&2; echo usage >&2; exit 1',
    /gave no token: You must be logged in$/,
  ],
  ['prints no JSON', {}, 'echo oops; exit 0', /gave no token: /],
]

for (const [title, status, before, says] of FAILURES) {
  test(`a plugin that ${title} → api-unauthorized with its first words`, async (t) => {
    const double = await doubleWith(t, [])
    const { command } = plugin(t, status, before)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command }
    const kubeconfig = file(t, 'k', withUser(double.adminKubeconfig, { exec }))
    await assert.rejects(nodesSeen(kubeconfig, { PATH: process.env['PATH'] }), {
      code: 'api-unauthorized',
      message: says,
    })
  })
}

test('a plugin that is not installed → its own hint how to install it', async (t) => {
  const double = await doubleWith(t, [])
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'kubelogin-is-not-here',
    installHint: 'install it from there\n',
  }
  const kubeconfig = file(t, 'k', withUser(double.adminKubeconfig, { exec }))
  await assert.rejects(nodesSeen(kubeconfig), {
    code: 'api-unauthorized',
    message: /the plugin "kubelogin-is-not-here" of .* gave no token: there is no such command$/,
    remedy: ['install it from there'],
  })
})

test('a plugin that never ends → given up within the deadline, and ended with us', async (t) => {
  const double = await doubleWith(t, [])
  const pidFile = join(folder(t), 'pid')
  const { command } = plugin(t, {}, `echo $$ > '${pidFile}'; exec sleep 1000`)
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command }
  const kubeconfig = file(t, 'k', withUser(double.adminKubeconfig, { exec }))
  const cluster = openCluster({ kubeconfig, env: { PATH: process.env['PATH'] } }, CHANCES)
  await assert.rejects(cluster.read({ deadlineMs: 300 }), { code: 'api-unreachable' })
  await cluster.close()
  await until('the plugin has ended', () => !existsSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}`))
})

test('a proxy-url → through it by CONNECT, over HTTP/1.1; nothing else sees the server', async (t) => {
  const double = await doubleWith(t, [node({ name: 'nuc-1', ip: '192.168.1.11' })])
  const asked = new Set<string>()
  const proxy = createServer().on('connect', (request, socket) => {
    asked.add(request.url ?? '')
    const server = connect({ host: '127.0.0.1', port: double.wire.port }, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      server.pipe(socket).pipe(server)
    })
    for (const end of [server, socket]) end.on('error', () => {})
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => proxy.close())
  const config = JSON.parse(double.adminKubeconfig) as { clusters: [{ cluster: Record<string, string> }] }
  config.clusters[0].cluster['server'] = 'https://api.example:6443'
  config.clusters[0].cluster['tls-server-name'] = 'localhost'
  config.clusters[0].cluster['proxy-url'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  assert.equal(await nodesSeen(file(t, 'k', JSON.stringify(config))), 1)
  assert.deepEqual([...asked], ['api.example:6443'])
  assert.deepEqual([...new Set(double.api.requests.map(({ protocol }) => protocol))], ['http/1.1'])
})

test('no network is touched before the first request', async (t) => {
  const double = await doubleWith(t, [])
  const credentials = openCredentials(
    { kubeconfig: file(t, 'k', double.adminKubeconfig), env: {} },
    systemClock,
  )
  const api = openApi(credentials, openTransport(systemClock), systemClock)
  await credentials.get()
  await api.close()
  assert.equal(double.wire.connections, 0)
})
