import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseMac } from '../../src/core/mac.ts'
import { parseIp } from '../../src/core/ip.ts'
import { nicRecordOf, nicsText, otherAnnouncerOf } from '../../src/kubernetes/narrow/leases.ts'
import {
  bgpAdvertisementOf,
  configurationStateOf,
  l2AdvertisementOf,
  l2StatusOf,
  poolOf,
} from '../../src/kubernetes/narrow/metallb.ts'
import { nodeOf } from '../../src/kubernetes/narrow/nodes.ts'
import { endpointSliceOf, serviceEventOf, serviceOf } from '../../src/kubernetes/narrow/services.ts'
import {
  excludedInterfacesOf,
  memberlistConfigOf,
  specFieldsOf,
} from '../../src/kubernetes/narrow/settings.ts'
import { speakerDaemonSetOf, speakerPodOf } from '../../src/kubernetes/narrow/speakers.ts'
import { lease as leaseNamed, speakerDaemonSet, speakerPod } from '../../src/lab/api/objects.ts'

// API objects narrowed to what is kept of them. Shapes as a real server sends them: test/apiserver/edge.test.ts.

const at = (time: string): number => Date.parse(time)
const CREATED = '2026-01-01T00:00:00Z'
const CHANGED = '2026-03-01T00:00:00Z'
const meta = (more: object = {}): object => ({ name: 'x', namespace: 'ns', ...more })

test('a Service → its fields; the newest writer of status.loadBalancer, and no other, wrote it', () => {
  const managed = (manager: string, time: string, fields: object, subresource?: string): object => ({
    manager,
    time,
    fieldsV1: fields,
    operation: 'Update',
    ...(subresource && { subresource }),
  })
  const service = serviceOf({
    metadata: meta({
      creationTimestamp: '2026-01-01T00:00:00Z',
      deletionTimestamp: '2026-02-01T00:00:00Z',
      annotations: {
        'metallb.io/address-pool': 'a',
        'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(99),
      },
      labels: { app: 'web' },
      managedFields: [
        managed('helm', '2026-01-05T00:00:00Z', { 'f:spec': {} }),
        managed('old', '2026-01-02T00:00:00Z', { 'f:status': { 'f:loadBalancer': {} } }, 'status'),
        managed('controller', '2026-01-03T00:00:00Z', { 'f:status': { 'f:loadBalancer': {} } }, 'status'),
        managed('conditions', '2026-01-09T00:00:00Z', { 'f:status': { 'f:conditions': {} } }, 'status'),
      ],
    }),
    spec: {
      type: 'LoadBalancer',
      loadBalancerClass: 'c',
      externalTrafficPolicy: 'Local',
      loadBalancerIP: '192.0.2.1',
      ports: [
        {
          port: 53,
          protocol: 'UDP',
        },
        { port: 80 },
      ],
    },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }, { hostname: 'h' }] } },
  })
  assert.deepEqual(service, {
    namespace: 'ns',
    name: 'x',
    labels: { app: 'web' },
    annotations: { 'metallb.io/address-pool': 'a' },
    type: 'LoadBalancer',
    loadBalancerClass: 'c',
    externalTrafficPolicy: 'Local',
    loadBalancerIP: '192.0.2.1',
    ports: [
      {
        protocol: 'UDP',
        port: 53,
      },
      {
        protocol: 'TCP',
        port: 80,
      },
    ],
    ingress: [
      {
        ip: '192.0.2.1',
        hostname: null,
        ipMode: 'VIP',
      },
      {
        ip: null,
        hostname: 'h',
        ipMode: null,
      },
    ],
    statusWriter: 'controller',
    createdAt: at('2026-01-01T00:00:00Z'),
    changedAt: at('2026-01-05T00:00:00Z'),
    deletedAt: at('2026-02-01T00:00:00Z'),
  })
})

test('a Service of another type, or without a name → left out', () => {
  assert.equal(serviceOf({ metadata: meta(), spec: { type: 'ClusterIP' } }), null)
  assert.equal(serviceOf({ metadata: {}, spec: { type: 'LoadBalancer' } }), null)
})

test('an EndpointSlice → conditions that are left out are null; v1beta1 names the node in its topology', () => {
  const slice = endpointSliceOf({
    metadata: meta({ labels: { 'kubernetes.io/service-name': 'web' } }),
    endpoints: [
      {
        addresses: ['10.0.0.1'],
        nodeName: 'a',
        conditions: { ready: true, serving: true, terminating: false },
      },
      { addresses: ['10.0.0.2'], topology: { 'kubernetes.io/hostname': 'b' } },
    ],
  })
  assert.deepEqual(slice, {
    name: 'x',
    serviceNamespace: 'ns',
    serviceName: 'web',
    changedAt: null,
    endpoints: [
      {
        addresses: ['10.0.0.1'],
        nodeName: 'a',
        ready: true,
        serving: true,
        terminating: false,
      },
      {
        addresses: ['10.0.0.2'],
        nodeName: 'b',
        ready: null,
        serving: null,
        terminating: null,
      },
    ],
  })
  assert.equal(endpointSliceOf({ metadata: meta() }), null, 'a slice of no Service')
})

test('a Node → heartbeats are no changes; addresses that are none are left out', () => {
  const node = nodeOf({
    metadata: {
      name: 'nuc-1',
      managedFields: [
        {
          manager: 'kubectl',
          time: '2026-01-02T00:00:00Z',
          fieldsV1: { 'f:metadata': { 'f:labels': { 'f:a': {} } } },
        },
        {
          manager: 'kubelet',
          time: '2026-06-01T00:00:00Z',
          subresource: 'status',
          fieldsV1: { 'f:status': {} },
        },
      ],
    },
    spec: { unschedulable: true },
    status: {
      addresses: [
        { type: 'InternalIP', address: '192.168.1.11' },
        { type: 'InternalIP', address: 'fd00::0011' },
        { type: 'InternalIP', address: 'nonsense' },
        { type: 'ExternalIP', address: '203.0.113.1' },
        { type: 'Hostname', address: 'nuc-1' },
      ],
      conditions: [
        { type: 'Ready', status: 'Unknown', lastTransitionTime: '2026-05-01T00:00:00Z' },
        { type: 'NetworkUnavailable', status: 'False' },
      ],
    },
  })
  assert.deepEqual(node, {
    name: 'nuc-1',
    labels: {},
    unschedulable: true,
    createdAt: null,
    deletedAt: null,
    ready: {
      status: 'Unknown',
      since: at('2026-05-01T00:00:00Z'),
    },
    networkUnavailable: {
      status: 'False',
      since: null,
    },
    internalIps: ['192.168.1.11', 'fd00::11'],
    externalIps: ['203.0.113.1'],
    podGateways: [],
    changedAt: at('2026-01-02T00:00:00Z'),
  })
})

for (const labels of ['chart', 'manifests'] as const) {
  test(`a speaker by the labels of the ${labels} → what it was started with, fields of the pod as null`, () => {
    const pod = speakerPodOf(
      speakerPod({ node: 'nuc-1', ip: '192.168.1.11', labels, args: ['--lb-class=x'] }),
    )
    assert.deepEqual(pod, {
      namespace: 'metallb-system',
      name: 'speaker-nuc-1',
      nodeName: 'nuc-1',
      podIp: '192.168.1.11',
      phase: 'Running',
      daemonSet: 'speaker',
      createdAt: null,
      deletedAt: null,
      ready: {
        status: 'True',
        since: at('2026-01-01T00:00:00Z'),
      },
      startedAt: at('2026-01-01T00:00:00Z'),
      image: 'quay.io/metallb/speaker:v0.16.1',
      args: ['--lb-class=x'],
      env: {
        METALLB_NODE_NAME: null,
        METALLB_ML_BIND_ADDR: null,
        METALLB_ML_LABELS: 'app=metallb,component=speaker',
      },
    })
    const set = speakerDaemonSetOf(speakerDaemonSet({ labels, nodes: 4 }))
    assert.deepEqual([set?.name, set?.updated, set?.desired], ['speaker', 4, 4])
  })
}

test('the controller, and FRR beside a speaker → left out; a command counts without the program', () => {
  const controller = { metadata: meta({ labels: { app: 'metallb', component: 'controller' } }), spec: {} }
  assert.equal(speakerPodOf(controller), null)
  const containers = [
    { name: 'frr', image: 'frr' },
    { name: 'speaker', image: 's', command: ['/speaker', '--port=1'], args: ['--ml-wan-config'] },
  ]
  const labels = { app: 'metallb', component: 'speaker' }
  const { image, args } = speakerPodOf({ metadata: meta({ labels }), spec: { containers } }) ?? {}
  assert.deepEqual([image, args], ['s', ['--port=1', '--ml-wan-config']])
})

test('pools and advertisements → what they say, and defaults as MetalLB sets them', () => {
  const selector = {
    matchLabels: { a: 'b' },
    matchExpressions: [{ key: 'k', operator: 'In', values: ['v'] }],
  }
  assert.deepEqual(
    poolOf({ metadata: meta({ labels: { l: '1' } }), spec: { addresses: ['192.0.2.0/24'] } }),
    {
      name: 'x',
      labels: { l: '1' },
      addresses: ['192.0.2.0/24'],
      autoAssign: true,
      avoidBuggyIPs: false,
      serviceAllocation: null,
      changedAt: null,
    },
  )
  const spec = {
    ipAddressPools: ['p'],
    ipAddressPoolSelectors: [selector],
    nodeSelectors: [{}],
    interfaces: ['eno1'],
    serviceSelectors: [selector],
    preferredNodeSelectors: [
      {
        weight: 5,
        preference: selector,
      },
    ],
  }
  const empty = { matchLabels: {}, matchExpressions: [] }
  assert.deepEqual(l2AdvertisementOf({ metadata: meta(), spec }), {
    name: 'x',
    ipAddressPools: ['p'],
    ipAddressPoolSelectors: [selector],
    nodeSelectors: [empty],
    interfaces: ['eno1'],
    serviceSelectors: [selector],
    changedAt: null,
    preferredNodeSelectors: [
      {
        weight: 5,
        preference: selector,
      },
    ],
  })
  assert.deepEqual(bgpAdvertisementOf({ metadata: meta() }), {
    name: 'x',
    ipAddressPools: [],
    ipAddressPoolSelectors: [],
    nodeSelectors: [],
    changedAt: null,
  })
})

const OWNER = { ownerReferences: [{ kind: 'Pod', name: 'speaker-x' }] }
const NOW_LABELS = {
  'metallb.io/node': 'nuc-4',
  'metallb.io/service-name': 'traefik',
  'metallb.io/service-namespace': 'ingress',
}
for (const [layout, record, expected] of [
  [
    'v0.14.4: in the namespace of the Service, which a label names; no owner',
    {
      metadata: {
        name: 'traefik-nuc-4',
        namespace: 'ingress',
        labels: { 'metallb.io/node': 'nuc-4', 'metallb.io/service': 'traefik' },
      },
      status: { node: 'nuc-4', interfaces: [{ name: 'eno1' }] },
    },
    ['ingress', 'traefik', 'nuc-4', ['eno1'], null],
  ],
  [
    'v0.14.6: in the namespace of MetalLB, owned by the pod; status and labels say the same',
    {
      metadata: { name: 'l2-7xk2p', namespace: 'metallb-system', labels: NOW_LABELS, ...OWNER },
      status: { node: 'nuc-4', serviceName: 'traefik', serviceNamespace: 'ingress' },
    },
    ['ingress', 'traefik', 'nuc-4', [], 'speaker-x'],
  ],
  [
    'v0.14.6, between creation and its status: by the labels alone',
    { metadata: { name: 'l2-7xk2p', namespace: 'metallb-system', labels: NOW_LABELS, ...OWNER } },
    ['ingress', 'traefik', 'nuc-4', [], 'speaker-x'],
  ],
  [
    'v0.16.0, whose labels somebody took away: by the status alone',
    {
      metadata: { name: 'l2-7xk2p', namespace: 'metallb-system', ...OWNER },
      status: { node: 'nuc-4', serviceName: 'traefik', serviceNamespace: 'ingress', interfaces: [] },
    },
    ['ingress', 'traefik', 'nuc-4', [], 'speaker-x'],
  ],
] as const) {
  test(`ServiceL2Status of ${layout} → Service, node, NICs, owner`, () => {
    const told = l2StatusOf(record)!
    const { serviceNamespace, serviceName, node, interfaces, ownerPod } = told
    assert.deepEqual([serviceNamespace, serviceName, node, interfaces, ownerPod], expected)
  })
}

test('a ServiceL2Status that names nothing → left out', () =>
  assert.equal(l2StatusOf({ metadata: meta() }), null))

test('ConfigurationState → of which speaker, or the controller', () => {
  const labels = { 'metallb.io/component-type': 'speaker', 'metallb.io/node-name': 'nuc-1' }
  const state = { metadata: meta({ labels }), status: { result: 'Invalid', errorSummary: 'bad pool' } }
  assert.deepEqual(configurationStateOf(state), {
    component: 'speaker',
    node: 'nuc-1',
    result: 'Invalid',
    errorSummary: 'bad pool',
    changedAt: null,
  })
  const { component, node, result } = configurationStateOf({ metadata: { name: 'controller' } }) ?? {}
  assert.deepEqual([component, node, result], ['controller', null, 'Unknown'])
})

test('an event → the newest of its times, how often; others are left out', () => {
  const event = {
    metadata: meta(),
    reason: 'nodeAssigned',
    message: 'm',
    count: 3,
    involvedObject: {
      kind: 'Service',
      namespace: 'ns',
      name: 'web',
    },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-03T00:00:00Z',
  }
  assert.deepEqual(serviceEventOf(event), {
    serviceNamespace: 'ns',
    serviceName: 'web',
    reason: 'nodeAssigned',
    message: 'm',
    count: 3,
    firstAt: at('2026-01-01T00:00:00Z'),
    lastAt: at('2026-01-03T00:00:00Z'),
  })
  const series = { count: 9, lastObservedTime: '2026-01-05T00:00:00.000000Z' }
  const { count, lastAt } = serviceEventOf({ ...event, series }) ?? {}
  assert.deepEqual([count, lastAt], [9, at('2026-01-05T00:00:00Z')])
  assert.equal(serviceEventOf({ ...event, reason: 'IPAllocated' }), null)
})

const EVENT = {
  metadata: meta({ creationTimestamp: '2026-01-01T00:00:00Z' }),
  reason: 'nodeAssigned',
  message: 'm',
  involvedObject: { kind: 'Service', namespace: 'ns', name: 'web' },
}
for (const [what, times, expected] of [
  [
    'core/v1, seen once',
    { firstTimestamp: CREATED, lastTimestamp: CREATED, count: 1 },
    [1, CREATED, CREATED],
  ],
  [
    'core/v1, seen again',
    { firstTimestamp: CREATED, lastTimestamp: CHANGED, count: 7 },
    [7, CREATED, CHANGED],
  ],
  // events.k8s.io leaves the old fields null, and a series is there from the second time on.
  [
    'events.k8s.io, seen once',
    { firstTimestamp: null, lastTimestamp: null, eventTime: '2026-01-01T00:00:00.000000Z' },
    [1, CREATED, CREATED],
  ],
  [
    'events.k8s.io, a series',
    {
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: '2026-01-01T00:00:00.000000Z',
      series: { count: 4, lastObservedTime: '2026-03-01T00:00:00.000000Z' },
    },
    [4, CREATED, CHANGED],
  ],
  ['no time at all: when it was written', {}, [1, CREATED, CREATED]],
] as const) {
  test(`an event as ${what} → how often, first, last`, () => {
    const { count, firstAt, lastAt } = serviceEventOf({ ...EVENT, ...times })!
    const [often, first, last] = expected
    assert.deepEqual([count, firstAt, lastAt], [often, at(first), at(last)])
  })
}

test('settings → the text of config.json, the expressions of excludel2, the fields of a CRD', () => {
  assert.equal(memberlistConfigOf({ data: { 'config.json': '{}' } }), '{}')
  assert.equal(memberlistConfigOf({ data: {} }), null)
  const file = 'announcedInterfacesToExclude:\n  - "^docker.*"\n  - ^veth.*\n'
  assert.deepEqual(excludedInterfacesOf({ data: { 'excludel2.yaml': file } }), ['^docker.*', '^veth.*'])
  assert.deepEqual(excludedInterfacesOf({ data: { 'excludel2.yaml': '[not: yaml' } }), [])
  const version = (name: string, served: boolean, fields: object): object => ({
    name,
    served,
    storage: served,
    schema: { openAPIV3Schema: { properties: { spec: { properties: fields } } } },
  })
  const versions = [version('v1alpha1', false, { a: {} }), version('v1beta1', true, { b: {}, c: {} })]
  assert.deepEqual(specFieldsOf({ spec: { versions } }), ['b', 'c'])
  assert.equal(specFieldsOf({}), null)
})

test('a NIC record → what was written is read back; a MAC or an address that is none is left out', () => {
  const nics = [
    {
      name: 'eno1',
      mac: parseMac('1c:69:7a:aa:01:10')!,
      addresses: [
        { ip: parseIp('192.168.1.11')!, bits: 24 },
        { ip: parseIp('fd00::1')!, bits: 64 },
      ],
      state: 'up' as const,
    },
  ]
  const lease = (json: string): object => ({
    metadata: meta({ annotations: { 'arpcheck.io/nics': json } }),
    spec: { holderIdentity: 'nuc-1' },
  })
  const port = { ...nics[0]!, name: 'eno2', state: 'enslaved' as const }
  const off = { ...nics[0]!, name: 'eno3', state: 'down' as const }
  const all = [...nics, port, off]
  assert.deepEqual(nicRecordOf(lease(nicsText(all))), { node: 'nuc-1', nics: all, changedAt: null })
  const odd =
    '[{"name":"a","mac":"zz"},{"name":"b","mac":"1c:69:7a:aa:01:10","addresses":["x/1","10.0.0.1/99",3]}]'
  assert.deepEqual(nicRecordOf(lease(odd))?.nics, [
    { name: 'b', mac: '1c:69:7a:aa:01:10', addresses: [], state: 'up' },
  ])
  assert.equal(nicRecordOf(lease('{')), null)
})

/** An object whose one manager beside its creator owns these fields since CHANGED. */
const changed = (fieldsV1: object, more: object = {}): object => ({
  metadata: meta({
    creationTimestamp: CREATED,
    labels: { 'kubernetes.io/service-name': 'web', app: 'metallb', component: 'speaker' },
    managedFields: [
      { manager: 'creator', time: CREATED, fieldsV1: { 'f:spec': {} } },
      { manager: 'm', time: CHANGED, fieldsV1, ...more },
    ],
  }),
  spec: { type: 'LoadBalancer' },
})
const STATUS = { subresource: 'status' }
const labelled = { 'f:metadata': { 'f:labels': { 'f:zone': {} } } }
const annotated = (key: string): object => ({ 'f:metadata': { 'f:annotations': { [`f:${key}`]: {} } } })

for (const [what, narrow, object, counts] of [
  ['a Service: its spec', serviceOf, changed({ 'f:spec': { 'f:ports': {} } }), true],
  ['a Service: its labels', serviceOf, changed(labelled), true],
  ['a Service: its addresses', serviceOf, changed({ 'f:status': { 'f:loadBalancer': {} } }, STATUS), true],
  ['a Service: conditions', serviceOf, changed({ 'f:status': { 'f:conditions': {} } }, STATUS), false],
  ['a Service: annotation of kube-vip', serviceOf, changed(annotated('kube-vip.io/vipHost')), true],
  [
    'a Service: annotation of Rancher',
    serviceOf,
    changed(annotated('field.cattle.io/publicEndpoints')),
    false,
  ],
  ['an EndpointSlice: its endpoints', endpointSliceOf, changed({ 'f:endpoints': {} }), true],
  ['an EndpointSlice: an annotation', endpointSliceOf, changed(annotated('note')), false],
  ['a Node: its labels', nodeOf, changed(labelled), true],
  ['a Node: cordoned', nodeOf, changed({ 'f:spec': { 'f:unschedulable': {} } }), true],
  ['a Node: a taint', nodeOf, changed({ 'f:spec': { 'f:taints': {} } }), false],
  ['a Node: an annotation (flannel, etcd)', nodeOf, changed(annotated('etcd.k3s.cattle.io/x')), false],
  ['a Node: a heartbeat', nodeOf, changed({ 'f:status': { 'f:conditions': {} } }, STATUS), false],
  [
    'a Node: a heartbeat before Kubernetes 1.22, in one entry with labels',
    nodeOf,
    changed({ ...labelled, 'f:status': {} }),
    false,
  ],
  ['a pool: its addresses', poolOf, changed({ 'f:spec': { 'f:addresses': {} } }), true],
  ['a pool: its labels', poolOf, changed(labelled), true],
  ['a pool: how many are assigned', poolOf, changed({ 'f:status': {} }, STATUS), false],
  ['an L2Advertisement: its spec', l2AdvertisementOf, changed({ 'f:spec': {} }), true],
  ['an L2Advertisement: its labels', l2AdvertisementOf, changed(labelled), false],
  ['a DaemonSet: its template', speakerDaemonSetOf, changed({ 'f:spec': { 'f:template': {} } }), true],
  ['a DaemonSet: its pods', speakerDaemonSetOf, changed({ 'f:status': {} }, STATUS), false],
  ['a ServiceL2Status: its status', l2StatusOf, ofWeb(changed({ 'f:status': {} }, STATUS)), true],
] as const) {
  test(`${what} → ${counts ? 'a change' : 'no change'}`, () =>
    assert.equal(narrow(object)?.changedAt, at(counts ? CHANGED : CREATED)))
}

test('an object without managedFields → nobody knows when it changed', () => {
  const metadata = meta({ creationTimestamp: CREATED })
  assert.equal(poolOf({ metadata })?.changedAt, null)
})

function ofWeb(object: object): object {
  return { ...object, status: { serviceName: 'web', serviceNamespace: 'ns', node: 'nuc-1' } }
}

for (const [name, whose] of [
  ['cilium-l2announce-default-web', { by: 'cilium', service: 'default-web' }],
  ['kubevip-web', { by: 'kube-vip', service: 'web' }],
  ['plndr-svcs-lock', { by: 'kube-vip', service: null }],
  ['plndr-cp-lock', null],
  ['cilium-operator-resource-lock', null],
  ['kube-scheduler', null],
] as const) {
  test(`a Lease called ${name} → ${whose === null ? 'left out' : `of ${whose.by}`}`, () =>
    assert.deepEqual(
      otherAnnouncerOf(leaseNamed(name, 'nuc-2', '2026-11-20T08:00:00.000000Z')),
      whose && { ...whose, node: 'nuc-2', renewedAt: at('2026-11-20T08:00:00Z'), leaseMs: 15_000 },
    ))
}

test('a Lease that was let go, or says nothing → no node, no times', () => {
  const { node, renewedAt, leaseMs } = otherAnnouncerOf({
    metadata: { name: 'plndr-svcs-lock' },
    spec: { holderIdentity: '' },
  })!
  assert.deepEqual([node, renewedAt, leaseMs], [null, null, null])
})

const NARROWERS = {
  serviceOf,
  endpointSliceOf,
  serviceEventOf,
  nodeOf,
  speakerPodOf,
  speakerDaemonSetOf,
  poolOf,
  l2AdvertisementOf,
  bgpAdvertisementOf,
  l2StatusOf,
  configurationStateOf,
  nicRecordOf,
  otherAnnouncerOf,
  memberlistConfigOf,
  excludedInterfacesOf,
  specFieldsOf,
}

for (const [name, narrow] of Object.entries(NARROWERS)) {
  test(`${name} → no JSON makes it throw`, () => {
    const keys = fc.constantFrom(
      'metadata',
      'spec',
      'status',
      'name',
      'labels',
      'type',
      'data',
      'endpoints',
      'conditions',
    )
    const object = fc.letrec((tie) => ({
      value: fc.oneof(
        fc.jsonValue(),
        fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
    })).value
    fc.assert(fc.property(object, (value) => void narrow(value)))
  })
}
