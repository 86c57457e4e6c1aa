import assert from 'node:assert/strict'
import { createServer as createPlain, type RequestListener } from 'node:http'
import { createServer as createTls } from 'node:https'
import { connect, type AddressInfo, type Server } from 'node:net'
import { after, suite, test } from 'node:test'
import { systemClock } from '../src/clock.ts'
import type { ClusterSnapshot } from '../src/core/cluster.ts'
import { createAuthority } from '../src/lab/api/certificates.ts'
import { namespaceNamed, speakerPod } from '../src/lab/api/objects.ts'
import { openLiveCluster } from '../src/live-cluster.ts'
import { openSpeakerClaims } from '../src/speaker-claims.ts'
import { cluster, speaker } from './helpers/cluster.ts'
import { doubleWith, file } from './helpers/double.ts'
import { manifest } from './helpers/rbac.ts'
import { ip } from './helpers/segment.ts'

// A cluster's snapshot → what its speakers claim, over real HTTP on loopback. One speaker alone: test/speakers.

const never = new AbortController().signal
const servers: Server[] = []
after(() => servers.forEach((server) => server.close()))

async function listening(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const tokens: (string | undefined)[] = []
const says: RequestListener = (request, response) => {
  tokens.push(request.headers.authorization)
  response.end('metallb_layer2_requests_received{ip="192.168.1.60"} 5\n')
}

/** Speakers of one release on this port, by their nodes' names. */
function speakers(version: string, port: number, nodes: readonly string[]): ClusterSnapshot {
  const args = [`--port=${port}`]
  return cluster({
    speakerPods: nodes.map((node) => speaker(node, version, { podIp: ip('127.0.0.1'), args })),
  })
}

const NODES = Array.from({ length: 40 }, (_, i) => `nuc-${10 + i}`)

test('v0.15.3 by plain HTTP → a claim for each speaker, by node; no token is asked for', async () => {
  const readToken = () => assert.fail('asked for')
  const claims = openSpeakerClaims({ readToken }, systemClock)
  const read = await claims.read(speakers('v0.15.3', await listening(createPlain(says)), NODES), never)
  assert.deepEqual(
    read.map(({ node, reading }) => [node, reading.kind]),
    NODES.map((node) => [node, 'metrics']),
  )
})

test('v0.16.1 by TLS → one token for all, asked for again after five minutes', async () => {
  const { cert, key } = createAuthority('speaker', Date.now()).issue({ commonName: 'speaker' })
  const snapshot = speakers('v0.16.1', await listening(createTls({ cert, key }, says)), NODES)
  let [given, laterMs] = [0, 0]
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + laterMs }
  const claims = openSpeakerClaims({ readToken: async () => `token-${++given}` }, clock)
  for (const [ms, token] of [
    [0, 'Bearer token-1'],
    [290_000, 'Bearer token-1'],
    [310_000, 'Bearer token-2'],
  ] as const) {
    laterMs = ms
    tokens.length = 0
    const read = await claims.read(snapshot, never)
    assert.ok(read.every(({ reading }) => reading.kind === 'metrics'))
    assert.deepEqual([...new Set(tokens)], [token])
  }
  assert.equal(given, 2)
})

suite('over a live cluster', () => {
  const notes: string[] = []
  const sources = { keyFile: null, onNoKey: () => {}, onNoToken: (note: string) => void notes.push(note) }
  const WITH_ACCOUNT = [...manifest(), ...manifest('deploy/speaker-metrics.yaml')]

  for (const [what, objects, shown, said] of [
    [
      'the token of arpcheck-metrics is shown',
      WITH_ACCOUNT,
      'system:serviceaccount:arpcheck:arpcheck-metrics',
      [],
    ],
    [
      'without the right to ask for one, none is shown, and that is said once',
      manifest(),
      undefined,
      [/^Not allowed to create serviceaccounts\/token\/arpcheck-metrics in namespace arpcheck \(RBAC\)\. /],
    ],
  ] as const) {
    test(`${what}; never the kubeconfig's own`, async (t) => {
      const { cert, key } = createAuthority('speaker', Date.now()).issue({ commonName: 'speaker' })
      const port = await listening(createTls({ cert, key }, says))
      const pod = speakerPod({ node: 'nuc-1', ip: '127.0.0.1', args: [`--port=${port}`] })
      const double = await doubleWith(t, [namespaceNamed('metallb-system'), ...objects, pod])
      const own = double.api.tokens.issue({ name: 'system:serviceaccount:arpcheck:arpcheck', groups: [] })
      const kubeconfig = file(t, 'kubeconfig', double.kubeconfigFor(own))
      const live = await openLiveCluster({ kubeconfig, env: {}, metallbNamespace: 'metallb-system' }, sources)
      t.after(() => live.close())
      ;[tokens.length, notes.length] = [0, 0]
      const snapshot = await live.read(never)
      for (let look = 0; look < 2; look++) await live.claims.read(snapshot, never)
      const bearers = tokens.map((header) => header?.replace('Bearer ', ''))
      assert.deepEqual(
        bearers.map((token) => token && double.api.tokens.userWith(token)?.name),
        [shown, shown],
      )
      assert.ok(!bearers.includes(own))
      assert.equal(notes.length, said.length)
      said.forEach((words, i) => assert.match(notes[i]!, words))
    })
  }
})

test('at most sixteen are asked at the same time', async () => {
  const waiting: (() => void)[] = []
  let [left, most] = [NODES.length, 0]
  const release = (): void => {
    most = Math.max(most, waiting.length)
    left -= waiting.length
    for (const answer of waiting.splice(0)) answer()
  }
  const port = await listening(
    createPlain((request, response) => {
      waiting.push(() => says(request, response))
      // What was asked beside these has come when one more that is asked now has.
      if (waiting.length === Math.min(16, left))
        connect(port, '127.0.0.1').resume().once('close', release).end('end\r\n')
    }),
  )
  const claims = openSpeakerClaims({ readToken: async () => null }, systemClock)
  const read = await claims.read(speakers('v0.15.3', port, NODES), never)
  assert.deepEqual([read.length, most], [40, 16])
})

test('no speaker is known → no claim; an abort → interrupted, each of them', async () => {
  const claims = openSpeakerClaims({ readToken: async () => null }, systemClock)
  assert.deepEqual(await claims.read(cluster(), never), [])
  const read = await claims.read(speakers('v0.15.3', 1, ['nuc-1', 'nuc-2']), AbortSignal.abort())
  assert.deepEqual(
    read.map(({ reading }) => reading.kind),
    ['interrupted', 'interrupted'],
  )
})
