import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { metallb } from '../../src/announcers/metallb/metallb.ts'
import type { Records } from '../../src/core/records.ts'
import { systemClock } from '../../src/clock.ts'
import { seededRandom } from '../../src/core/random.ts'
import { readCluster } from '../../src/kubernetes/main.ts'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import { l2Status, nodeAssigned } from '../../src/lab/api/objects.ts'
import { doubleWith, file } from '../helpers/double.ts'
import { homelab } from '../helpers/homelab.ts'

// From the API to the recorded truth: what MetalLB wrote down of 192.168.1.60, in each layout that a release has.

const AGE_MS = 90_000
/** Requests and a busy machine. */
const SLACK_MS = 20_000
const THEN = new Date(Date.now() - AGE_MS).toISOString().replace(/\.\d+Z$/, 'Z')
const LONG_AGO = '2026-01-01T00:00:00Z'
const MICRO = THEN.replace('Z', '.000000Z')

/** Read from a home lab that holds these instead of its own. */
async function recorded(t: TestContext, objects: readonly ApiObject[]): Promise<Records> {
  const others = homelab().filter(({ kind }) => kind !== 'ServiceL2Status' && kind !== 'Event')
  const double = await doubleWith(t, [...others, ...objects])
  const kubeconfig = file(t, 'kubeconfig', double.adminKubeconfig)
  const cluster = await readCluster({ kubeconfig, env: {} }, { clock: systemClock, random: seededRandom(1) })
  const vip = metallb.vips(cluster).vips.find(({ ip }) => ip === '192.168.1.60')!
  return metallb.recorded(vip, cluster)
}

function assertAge(ageMs: number | null | undefined): void {
  assert.ok(typeof ageMs === 'number' && Math.abs(ageMs - AGE_MS) < SLACK_MS, `${ageMs} ms`)
}

/** Made long ago; its status was written by the speaker THEN. */
function writtenThen({ metadata, ...rest }: ApiObject, more: object): ApiObject {
  const managedFields = [
    { manager: 'speaker', time: LONG_AGO, fieldsV1: { 'f:metadata': { 'f:labels': {} } } },
    { manager: 'speaker', time: THEN, subresource: 'status', fieldsV1: { 'f:status': { 'f:node': {} } } },
  ]
  return { ...rest, metadata: { ...metadata, creationTimestamp: LONG_AGO, managedFields, ...more } }
}

const NOW_LAYOUT = l2Status('traefik', 'nuc-4')
const OWNER = { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'speaker-nuc-4', uid: 'x' }] }

for (const [release, record] of [
  [
    'v0.14.4',
    {
      ...writtenThen(NOW_LAYOUT, {
        name: 'traefik-nuc-4',
        namespace: 'default',
        labels: { 'metallb.io/node': 'nuc-4', 'metallb.io/service': 'traefik' },
      }),
      status: { node: 'nuc-4', interfaces: [{ name: 'eno1' }] },
    },
  ],
  [
    'v0.14.6',
    {
      ...writtenThen(NOW_LAYOUT, { name: 'l2-7xk2p', ...OWNER }),
      status: {
        node: 'nuc-4',
        serviceName: 'traefik',
        serviceNamespace: 'default',
        interfaces: [{ name: 'eno1' }],
      },
    },
  ],
  [
    'v0.16.0',
    {
      ...writtenThen(NOW_LAYOUT, { name: 'l2-9qv4d', labels: {}, ...OWNER }),
      status: {
        node: 'nuc-4',
        serviceName: 'traefik',
        serviceNamespace: 'default',
        interfaces: [{ name: 'eno1' }],
      },
    },
  ],
] as const) {
  test(`ServiceL2Status as ${release} writes it → node, NICs, and the age of its status`, async (t) => {
    const { statuses, readable } = await recorded(t, [record])
    assert.equal(readable.statuses, 'yes')
    assert.deepEqual(
      statuses.map(({ service, node, interfaces, orphaned }) => [service, node, interfaces, orphaned]),
      [['default/traefik', 'nuc-4', ['eno1'], false]],
    )
    assertAge(statuses[0]?.ageMs)
  })
}

const ASSIGNED = nodeAssigned('traefik', 'nuc-4', THEN)
const FAILED =
  'the interfaces specified by LB IP "192.168.1.60" doesn\'t exist in assigned node "nuc-4" with protocol "layer2"'
const BY_NEW_API = { firstTimestamp: null, lastTimestamp: null, count: null }

for (const [what, event, count] of [
  ['core/v1, seen once', ASSIGNED, 1],
  ['core/v1, seen again', { ...ASSIGNED, firstTimestamp: LONG_AGO, count: 41 }, 41],
  ['events.k8s.io, seen once', { ...ASSIGNED, ...BY_NEW_API, eventTime: MICRO }, 1],
  [
    'events.k8s.io, a series',
    {
      ...ASSIGNED,
      ...BY_NEW_API,
      eventTime: '2026-01-01T00:00:00.000000Z',
      series: { count: 41, lastObservedTime: MICRO },
    },
    41,
  ],
] as const) {
  for (const [reason, more] of [
    ['nodeAssigned', {}],
    ['announceFailed', { reason: 'announceFailed', message: FAILED, type: 'Warning' }],
  ] as const) {
    test(`${reason} as ${what} → nuc-4, ${count} times, and the age of the last`, async (t) => {
      const { assigned, failed } = await recorded(t, [{ ...event, ...more }])
      const [told, untold] = reason === 'nodeAssigned' ? [assigned, failed] : [failed, assigned]
      assert.deepEqual(
        told.map(({ service, node, count: often }) => [service, node, often]),
        [['default/traefik', 'nuc-4', count]],
      )
      assert.deepEqual(untold, [])
      assertAge(told[0]?.ageMs)
    })
  }
}
