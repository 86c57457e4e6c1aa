import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { metallb } from '../../src/announcers/metallb/metallb.ts'
import { systemClock } from '../../src/clock.ts'
import { seededRandom } from '../../src/core/random.ts'
import { readCluster } from '../../src/kubernetes/main.ts'
import type { Life } from '../../src/lab/cluster/life.ts'
import { objectsOf } from '../../src/lab/cluster/render.ts'
import { LabClock } from '../../src/lab/cluster/time.ts'
import { doubleWith, file } from '../helpers/double.ts'
import { momentOf, WEB } from '../lab/cluster/moment.ts'

// From the API to what changed lately about 192.168.1.60: a cluster that has stood for a day, and then something happens.

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** What changed within the last minute. */
async function changed(
  t: TestContext,
  told: object,
  life: (nowMs: number) => Partial<Life>,
): Promise<string[]> {
  const clock = new LabClock(-DAY_MS)
  const double = await doubleWith(t, objectsOf(momentOf(WEB), new Map()), { clock })
  clock.skip(DAY_MS)
  objectsOf(momentOf({ ...WEB, ...told }, life(clock.nowMs())), new Map()).forEach((object) =>
    double.api.apply(object),
  )
  const kubeconfig = file(t, 'kubeconfig', double.adminKubeconfig)
  const cluster = await readCluster({ kubeconfig, env: {} }, { clock: systemClock, random: seededRandom(1) })
  const vip = metallb.vips(cluster).vips.find(({ ip }) => ip === '192.168.1.60')!
  const all = metallb.changes(vip, cluster)
  assert.deepEqual(
    all.filter(({ at }) => at === null),
    [],
    'every stamp is there',
  )
  return all
    .filter(({ at }) => at !== null && at > cluster.takenAt - MINUTE_MS)
    .map(({ what }) => what)
    .toSorted()
}

const unheard = (nowMs: number) => ({
  off: new Map([['nuc-4', nowMs]]),
  unheard: new Map([['nuc-4', nowMs]]),
})
const EXCLUDED = { 'nuc-4': { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } } }

for (const [what, told, life, expected] of [
  ['nothing', {}, () => ({}), []],
  [
    'a node is not heard of any more',
    {},
    unheard,
    ['nuc-4 is NotReady', 'the endpoints of default/web changed', 'the speaker on nuc-4 is not Ready'],
  ],
  [
    "a dead node's pod is deleted",
    {},
    (nowMs: number) => ({ off: new Map([['nuc-4', nowMs - 1]]), deleted: new Map([['nuc-4', nowMs]]) }),
    ['the speaker pod on nuc-4 is being deleted'],
  ],
  ['a node is excluded by a label', { nodes: EXCLUDED }, () => ({}), ['the labels of nuc-4 changed']],
  [
    'the advertisement names a NIC',
    { l2: { default: { pools: ['default'], interfaces: ['eno2'] } } },
    () => ({}),
    ['the L2Advertisement default changed'],
  ],
  [
    'the pool grows',
    { pools: { default: { addresses: '192.168.1.60-192.168.1.99' } } },
    () => ({}),
    ['the pool default changed'],
  ],
  [
    'the policy is Local',
    { services: { web: { ip: '192.168.1.60', policy: 'Local' } } },
    () => ({}),
    ['the Service default/web changed'],
  ],
] as const) {
  test(`${what} → ${expected.join(', ') || 'nothing'}`, async (t) =>
    assert.deepEqual(await changed(t, told, life), expected))
}
