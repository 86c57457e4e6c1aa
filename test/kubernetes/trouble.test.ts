import assert from 'node:assert/strict'
import { createServer as createHttp } from 'node:http'
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import type { ClusterSnapshot } from '../../src/core/cluster.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { ArpcheckError, ErrorCode } from '../../src/errors.ts'
import { readCluster } from '../../src/kubernetes/main.ts'
import { createAuthority } from '../../src/lab/api/certificates.ts'
import { node } from '../../src/lab/api/objects.ts'
import { doubleWith, file, noSocketTo } from '../helpers/double.ts'

// What is said where the API cannot be asked: one sentence, what to do next, and no socket or timer left.

interface Case {
  readonly title: string
  /** A kubeconfig that leads into the trouble. */
  readonly kubeconfig: (t: TestContext) => Promise<string>
  readonly code: ErrorCode
  readonly exit: 2 | 3
  readonly says: RegExp
  readonly remedy: RegExp
}

const token = { token: 'x' }

function kubeconfigOf(server: string, cluster: object = {}, user: object = token): string {
  return JSON.stringify({
    clusters: [{ name: 'c', cluster: { server, ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'lab', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'lab',
  })
}

async function listening(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const edit = (kubeconfig: string, change: (config: Editable) => void): string => {
  const config = JSON.parse(kubeconfig) as Editable
  change(config)
  return JSON.stringify(config)
}
interface Editable {
  readonly clusters: [{ cluster: Record<string, string> }]
  readonly users: [{ user: Record<string, string> }]
}

const CASES: readonly Case[] = [
  {
    title: 'nothing listens there',
    kubeconfig: async () => kubeconfigOf('https://127.0.0.1:1'),
    code: 'api-unreachable',
    exit: 3,
    says: /^https:\/\/127\.0\.0\.1:1 refuses the connection: nothing listens there \(context "lab" of /,
    remedy: /it names this host itself/,
  },
  {
    title: 'a name that DNS does not know',
    kubeconfig: async () => kubeconfigOf('https://no-such-host.invalid:6443'),
    code: 'api-unreachable',
    exit: 3,
    says: /has a name (that DNS does not know|for which no DNS server answers)/,
    remedy: /clusters\[\]\.cluster\.server/,
  },
  {
    title: 'a server that accepts and says nothing',
    kubeconfig: async (t) =>
      kubeconfigOf(
        `https://127.0.0.1:${await listening(
          t,
          createTcp((s) => s.unref()),
        )}`,
      ),
    code: 'api-unreachable',
    exit: 3,
    says: /does not answer/,
    remedy: /--no-kube/,
  },
  {
    title: 'a server that speaks no TLS',
    kubeconfig: async (t) => {
      const server = createHttp((_, response) => response.end('hello'))
      return kubeconfigOf(`https://127.0.0.1:${await listening(t, server)}`)
    },
    code: 'api-tls',
    exit: 3,
    says: /does not speak TLS on this port/,
    remedy: /6443/,
  },
  {
    title: 'something else answers, over plain HTTP',
    kubeconfig: async (t) => {
      const server = createHttp((_, response) =>
        response.writeHead(404, { 'content-type': 'text/html' }).end('<html>'),
      )
      return kubeconfigOf(`http://127.0.0.1:${await listening(t, server)}`)
    },
    code: 'api-failed',
    exit: 3,
    says: /is not the Kubernetes API.*a page of HTML/,
    remedy: /kubectl get --raw \/readyz/,
  },
  {
    title: 'the CA of another cluster',
    kubeconfig: async (t) => {
      const { adminKubeconfig } = await doubleWith(t, [])
      const other = createAuthority('another', Date.now()).cert
      return edit(adminKubeconfig, ({ clusters }) => {
        clusters[0].cluster['certificate-authority-data'] = base64(other)
      })
    },
    code: 'api-tls',
    exit: 3,
    says: /shows a certificate that the CA in the kubeconfig did not sign/,
    remedy: /another cluster/,
  },
  {
    title: 'no CA at all',
    kubeconfig: async (t) => kubeconfigOf((await doubleWith(t, [])).url),
    code: 'api-tls',
    exit: 3,
    says: /did not sign/,
    remedy: /k3s\.yaml/,
  },
  {
    title: 'a name that is not in the certificate',
    kubeconfig: async (t) => {
      const { adminKubeconfig } = await doubleWith(t, [])
      return edit(adminKubeconfig, ({ clusters }) => {
        clusters[0].cluster['tls-server-name'] = 'other.example'
      })
    },
    code: 'api-tls',
    exit: 3,
    says: /shows a certificate for other names than this one/,
    remedy: /--tls-san/,
  },
  {
    title: 'a server certificate that has expired',
    kubeconfig: async (t) => {
      const double = await doubleWith(t, [])
      const notAfter = Date.now() - 864e5
      double.showCertificate(
        double.authority.issue({
          commonName: 's',
          names: ['127.0.0.1'],
          notAfter,
        }),
      )
      return double.adminKubeconfig
    },
    code: 'api-tls',
    exit: 3,
    says: /shows a certificate that is not valid today/,
    remedy: /kubeadm certs renew/,
  },
  {
    title: 'a client certificate that has expired',
    kubeconfig: async (t) => {
      const double = await doubleWith(t, [])
      const { cert, key } = double.authority.issue({
        commonName: 'me',
        notAfter: Date.now() - 864e5,
      })
      double.api.faults.add({
        times: 1e3,
        does: { status: 401 },
      })
      return edit(double.adminKubeconfig, ({ users }) => {
        users[0].user = {
          'client-certificate-data': base64(cert),
          'client-key-data': base64(key),
        }
      })
    },
    code: 'api-unauthorized',
    exit: 3,
    says: /does not accept us: the client certificate expired on \d{4}-/,
    remedy: /kubectl get nodes/,
  },
  {
    title: 'a token that has expired',
    kubeconfig: async (t) => {
      const claims = Buffer.from(JSON.stringify({ exp: 16e8 })).toString('base64url')
      return (await doubleWith(t, [])).kubeconfigFor(`e30.${claims}.c2ln`)
    },
    code: 'api-unauthorized',
    exit: 3,
    says: /does not accept us: the token expired on 2020-09-13T/,
    remedy: /kubectl get nodes/,
  },
  {
    title: 'a certificate and a key that do not belong together',
    kubeconfig: async (t) => {
      const { adminKubeconfig, authority } = await doubleWith(t, [])
      return edit(adminKubeconfig, ({ users }) => {
        users[0].user['client-certificate-data'] = base64(authority.cert)
      })
    },
    code: 'kubeconfig',
    exit: 2,
    says: /a certificate or key in the kubeconfig cannot be used/,
    remedy: /another cluster/,
  },
  {
    title: 'a CA file that is not there',
    kubeconfig: async () =>
      kubeconfigOf('https://127.0.0.1:1', { 'certificate-authority': '/nowhere/ca.crt' }),
    code: 'kubeconfig',
    exit: 2,
    says: /cannot read \/nowhere\/ca\.crt, which context "lab" of .* names/,
    remedy: /sudo/,
  },
  {
    title: 'a server that is no URL',
    kubeconfig: async () => kubeconfigOf('192.168.1.10:6443'),
    code: 'kubeconfig',
    exit: 2,
    says: /names the server "192\.168\.1\.10:6443", which is no URL/,
    remedy: /https:\/\/192/,
  },
]

function read(t: TestContext, kubeconfig: string, deadlineMs: number): Promise<ClusterSnapshot> {
  const chances = { clock: systemClock, random: seededRandom(1) }
  return readCluster({ kubeconfig: file(t, 'kubeconfig', kubeconfig), env: {}, deadlineMs }, chances)
}

for (const { title, kubeconfig, code, exit, says, remedy } of CASES) {
  test(`${title} → ${code}, exit ${exit}`, async (t) => {
    const error = await read(t, await kubeconfig(t), 1500).then(
      () => assert.fail('a snapshot'),
      (thrown: ArpcheckError) => thrown,
    )
    assert.equal(error.code, code, error.message)
    assert.equal(error.exitCode, exit)
    assert.match(error.message, says)
    assert.doesNotMatch(error.message, /\n/)
    assert.match(error.remedy.join('\n'), remedy)
  })
}

test('plain HTTP, as kubectl proxy serves it → read', async (t) => {
  const double = await doubleWith(t, [])
  double.api.apply(node({ name: 'nuc-1', ip: '192.168.1.11' }))
  const listed = { kind: 'NodeList', metadata: { resourceVersion: '1' }, items: double.api.objects('Node') }
  const server = createHttp((_, response) => response.end(JSON.stringify(listed)))
  const port = await listening(t, server)
  const snapshot = await read(t, kubeconfigOf(`http://127.0.0.1:${port}`), 3000)
  assert.deepEqual(
    snapshot.nodes.map(({ name }) => name),
    ['nuc-1'],
  )
  server.closeAllConnections()
})

test('some requests hang → the others stand, and those say how long was waited', async (t) => {
  const double = await doubleWith(t, [node({ name: 'nuc-1', ip: '192.168.1.11' })])
  double.api.faults.add({ on: { path: /services/ }, times: 9, does: 'no-headers' })
  const { inputs, nodes } = await read(t, double.adminKubeconfig, 400)
  assert.equal(nodes.length, 1)
  assert.deepEqual(inputs.services.readable, { failed: 'no answer within 0.4 s' })
  await noSocketTo(double.wire.port)
})

test('an overloaded server → asked again, and then read', async (t) => {
  const double = await doubleWith(t, [node({ name: 'nuc-1', ip: '192.168.1.11' })])
  double.api.faults.add({ on: { path: /nodes/ }, times: 2, does: { status: 429 } })
  const { inputs } = await read(t, double.adminKubeconfig, 5000)
  assert.equal(inputs.nodes.readable, 'yes')
})

test('a signal that aborts → its reason, at once, no socket left', async (t) => {
  const double = await doubleWith(t, [])
  double.api.faults.add({ times: 99, does: 'no-headers' })
  const interrupted = new AbortController()
  const chances = { clock: systemClock, random: seededRandom(1) }
  const options = { kubeconfig: file(t, 'kubeconfig', double.adminKubeconfig), env: {} }
  const reading = readCluster(options, chances, interrupted.signal)
  setImmediate(() => interrupted.abort())
  await assert.rejects(reading, { name: 'AbortError' })
  await noSocketTo(double.wire.port)
})
