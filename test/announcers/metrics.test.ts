import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { metricsSources } from '../../src/announcers/metallb/metrics.ts'
import type { SpeakerPod } from '../../src/core/cluster.ts'
import { cluster, daemonSet, NOW, speaker } from '../helpers/cluster.ts'
import { ip } from '../helpers/segment.ts'

const ADDRESS = ip('192.168.1.14')

function endpoints(version: string, parts: Partial<SpeakerPod>): string[] {
  const one = speaker('nuc-4', version, { podIp: ADDRESS, ...parts })
  return metricsSources(cluster({ speakerPods: [one] })).flatMap(({ endpoints: found }) =>
    found.map(({ scheme, port }) => `${scheme} ${port}`),
  )
}

suite('release and flags → where the metrics are', () => {
  for (const [version, args, env, expected] of [
    ['v0.13.0', ['--port=7472'], {}, ['http 7472', 'https 9120']],
    ['v0.14.9', ['--port=7472'], {}, ['http 7472', 'https 9120']],
    ['v0.15.3', [], {}, ['http 7472', 'https 9120']],
    ['v0.15.3', ['--port=7471'], {}, ['http 7471', 'https 9120']],
    ['v0.15.3', ['--port', '7471'], {}, ['http 7471', 'https 9120']],
    // The chart with secureMetricsPort, and whoever does the same by hand
    ['v0.15.3', ['--port=7472'], { METALLB_HOST: '127.0.0.1' }, ['https 9120']],
    ['v0.15.3', ['--port=7472', '--host=127.0.0.1'], {}, ['https 9120']],
    ['v0.15.3', ['--port=7472', '--host=::1'], {}, ['https 9120']],
    ['v0.15.3', ['--port=7472'], { METALLB_HOST: null }, ['http 7472', 'https 9120']],
    ['v0.16.0', ['--port=9120'], {}, ['https 9120']],
    ['v0.16.2', [], {}, ['https 9120']],
    ['v0.16.1', ['--port=9443'], {}, ['https 9443']],
    ['v0.16.2', ['--port=0'], {}, []],
    ['v0.16.1', ['--port=metrics'], {}, ['https 9120']],
    ['v0.16.1', ['--port=99999'], {}, ['https 9120']],
    ['main', [], {}, ['https 9120', 'http 7472']],
    ['main', ['--port=7472'], {}, ['https 7472', 'http 7472', 'https 9120']],
    ['main', ['--port=9120'], {}, ['https 9120', 'http 9120']],
  ] as const) {
    const words = [version, ...args, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)]
    test(`${words.join(' ')} → ${expected.join(', ') || 'none'}`, () =>
      assert.deepEqual(endpoints(version, { args, env }), expected))
  }

  test('an image without a tag, and a chart that names the release → as that release', () => {
    const one = speaker('nuc-4', 'main', { podIp: ADDRESS, args: [] })
    const labels = { 'app.kubernetes.io/version': 'v0.16.1' }
    const [source] = metricsSources(
      cluster({ speakerPods: [one], speakerDaemonSets: [{ ...daemonSet('main'), labels }] }),
    )
    assert.deepEqual(source!.endpoints, [{ scheme: 'https', port: 9120 }])
  })
})

suite('pods → speakers to ask', () => {
  test('one for each node, in order of their names, at the address that the API names', () =>
    assert.deepEqual(sourcesOf(pod('nuc-4', '192.168.1.14'), pod('nuc-2', '192.168.1.12')), [
      'nuc-2 192.168.1.12',
      'nuc-4 192.168.1.14',
    ]))

  test('a pod without a node or an address → nobody to ask', () =>
    assert.deepEqual(sourcesOf(pod('nuc-4', null), { ...pod('nuc-2', '192.168.1.12'), nodeName: null }), []))

  for (const order of ['first', 'last']) {
    test(`two pods on one node, the one that is being deleted listed ${order} → the other one`, () => {
      const pods = [{ ...pod('nuc-4', '192.168.1.99'), deletedAt: NOW }, pod('nuc-4', '192.168.1.14')]
      assert.deepEqual(sourcesOf(...(order === 'first' ? pods : pods.toReversed())), ['nuc-4 192.168.1.14'])
    })
  }

  test('a lone pod that is being deleted → still asked: on a dead node it stays for ever', () =>
    assert.deepEqual(sourcesOf({ ...pod('nuc-4', '192.168.1.14'), deletedAt: NOW }), ['nuc-4 192.168.1.14']))
})

function pod(node: string, address: string | null): SpeakerPod {
  return speaker(node, 'v0.16.1', { podIp: address === null ? null : ip(address) })
}

function sourcesOf(...speakerPods: SpeakerPod[]): string[] {
  return metricsSources(cluster({ speakerPods })).map(({ node, address }) => `${node} ${address}`)
}
