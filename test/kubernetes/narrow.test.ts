import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseMac } from '../../src/core/mac.ts'
import { parseIp } from '../../src/core/ip.ts'
import { nicRecordOf, nicsText } from '../../src/kubernetes/narrow/leases.ts'
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
import { l2Status, speakerDaemonSet, speakerPod } from '../../src/lab/api/objects.ts'

// API objects narrowed to what is kept of them. Shapes as a real server sends them: test/apiserver/edge.test.ts.

const at = (time: string): number => Date.parse(time)
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
    changedAt: at('2026-01-09T00:00:00Z'),
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
        { manager: 'kubectl', time: '2026-01-02T00:00:00Z' },
        { manager: 'kubelet', time: '2026-06-01T00:00:00Z', subresource: 'status' },
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

test('ServiceL2Status → its Service and node in each layout', () => {
  const now = l2StatusOf(l2Status('traefik', 'nuc-4', 'ingress'))
  assert.deepEqual([now?.serviceNamespace, now?.serviceName, now?.node], ['ingress', 'traefik', 'nuc-4'])
  // v0.14.4 and v0.14.5: in the Service's namespace, named by labels.
  const labels = { 'metallb.io/node': 'nuc-2', 'metallb.io/service': 'gitea' }
  const old = l2StatusOf({
    metadata: meta({ labels }),
    status: { node: 'nuc-2', interfaces: [{ name: 'eno1' }] },
  })
  assert.deepEqual([old?.serviceNamespace, old?.serviceName, old?.node], ['ns', 'gitea', 'nuc-2'])
  assert.deepEqual(old?.interfaces, ['eno1'])
  const ownerReferences = [{ kind: 'Pod', name: 'speaker-x' }]
  assert.equal(l2StatusOf({ metadata: meta({ labels, ownerReferences }) })?.ownerPod, 'speaker-x')
  assert.equal(l2StatusOf({ metadata: meta() }), null, 'a record that names nothing')
})

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
  assert.deepEqual(nicRecordOf(lease(nicsText(nics))), { node: 'nuc-1', nics, changedAt: null })
  const odd =
    '[{"name":"a","mac":"zz"},{"name":"b","mac":"1c:69:7a:aa:01:10","addresses":["x/1","10.0.0.1/99",3]}]'
  assert.deepEqual(nicRecordOf(lease(odd))?.nics, [
    { name: 'b', mac: '1c:69:7a:aa:01:10', addresses: [], state: 'up' },
  ])
  assert.equal(nicRecordOf(lease('{')), null)
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
