import assert from 'node:assert/strict'
import { after, before, test, type TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { type ClusterSnapshot, INPUTS } from '../../src/core/cluster.ts'
import { parseMac } from '../../src/core/mac.ts'
import { parseIp } from '../../src/core/ip.ts'
import { seededRandom } from '../../src/core/random.ts'
import { openApi } from '../../src/kubernetes/api.ts'
import { openCredentials } from '../../src/kubernetes/credentials.ts'
import { type ClusterWatch, followApi } from '../../src/kubernetes/follow.ts'
import { type Cluster, openCluster, readCluster } from '../../src/kubernetes/main.ts'
import { openTransport } from '../../src/kubernetes/transport.ts'
import { node, service, daemonPod } from '../../src/lab/api/objects.ts'
import { apiClient } from './api-client.ts'
import { apply, type Backend, remove } from './backend.ts'
import { file, noSocketTo } from './double.ts'
import { homelab } from './homelab.ts'
import { served, tokenFor } from './probes.ts'
import { manifest } from './rbac.ts'
import { until } from './until.ts'

const CHANCES = { clock: systemClock, random: seededRandom(11) }
const METALLB = 'metallb-system'
const WATCHES = 12
/** What a test can wait for; the defaults are those of client-go, 30 s and 15 s. */
const PING = { idleMs: 1000, pongMs: 1000 }

/** What the edge must do over any API server; the same on the double and on a real one. */
export function edgeContract(start: (() => Promise<Backend>) | null, skip: string | false): void {
  let backend: Backend
  let account: string
  before(async () => {
    if (start === null) return
    backend = await start()
    await populate(backend)
    account = backend.kubeconfigFor(await tokenFor(backend, 'arpcheck', 'arpcheck'))
  })
  after(() => backend?.close())

  function open(t: TestContext, kubeconfig: string): Cluster {
    const cluster = openCluster(
      { kubeconfig: file(t, 'kubeconfig', kubeconfig), env: {}, ownNamespace: 'arpcheck' },
      CHANCES,
    )
    t.after(() => cluster.close())
    return cluster
  }

  test('a one-shot as administrator → the whole home lab, narrowed', { skip }, async (t) => {
    const snapshot = await open(t, backend.adminKubeconfig).read()
    // who shares the work concerns daemons alone
    assert.deepEqual(unreadable(snapshot), ['daemonPods'])
    assert.deepEqual(told(snapshot), { ...EXPECTED, daemonPods: [] })
    assertTimes(snapshot)
  })

  test(
    'a one-shot as the ServiceAccount of deploy/rbac.yaml → the same, and MetalLB is found',
    { skip },
    async (t) => {
      const snapshot = await open(t, account).read()
      assert.deepEqual(unreadable(snapshot), ['daemonPods'])
      assert.deepEqual(told(snapshot), { ...EXPECTED, daemonPods: [] })
      assert.equal(snapshot.metallbNamespace, METALLB)
    },
  )

  test('a token that nobody issued → api-unauthorized, exit 3', { skip }, async (t) => {
    const kubeconfig = file(t, 'kubeconfig', backend.kubeconfigFor('nonsense'))
    await assert.rejects(readCluster({ kubeconfig, env: {} }, CHANCES), {
      code: 'api-unauthorized',
      exitCode: 3,
    })
  })

  test(
    'a token for metrics as the ServiceAccount → it opens /metrics, and nothing else',
    { skip },
    async (t) => {
      const { token } = await open(t, account).metricsToken(new AbortController().signal)
      const client = apiClient(backend.kubeconfigFor(token ?? 'none'))
      const [metrics, nodes] = await Promise.all(
        ['/metrics', '/api/v1/nodes'].map((path) => client.ask('GET', path)),
      )
      assert.deepEqual([metrics!.status, nodes!.status], [200, 403])
    },
  )

  test('the memberlist key as the ServiceAccount → by name, and no other Secret', { skip }, async (t) => {
    const cluster = open(t, account)
    const signal = new AbortController().signal
    const { name, ...rest } = await cluster.memberlistSecret(METALLB, signal)
    assert.equal(name, 'memberlist')
    assert.equal(Buffer.from('secretkey' in rest ? rest.secretkey : []).toString(), 'c2VjcmV0a2V5MTIzNDU2')
    assert.deepEqual(await cluster.memberlistSecret('default', signal), {
      name: null,
      why: { denied: 'get secrets/metallb-memberlist in namespace default' },
    })
  })

  test('a NIC record → created, the same, updated; read back by others', { skip }, async (t) => {
    const cluster = open(t, account)
    const signal = new AbortController().signal
    const nic = (address: string): Parameters<Cluster['publishNics']>[1][number] => ({
      name: 'eno1',
      mac: parseMac('1c:69:7a:aa:02:10')!,
      addresses: [{ ip: parseIp(address)!, bits: 24 }],
      state: 'up',
    })
    const publish = (address: string): Promise<string> => cluster.publishNics('nuc-2', [nic(address)], signal)
    assert.equal(await publish('192.168.1.12'), 'created')
    assert.equal(await publish('192.168.1.12'), 'same')
    assert.equal(await publish('192.168.1.22'), 'updated')
    const { nicRecords } = await cluster.read()
    assert.deepEqual(nicRecords.find((record) => record.node === 'nuc-2')?.nics, [nic('192.168.1.22')])
    const path = '/apis/coordination.k8s.io/v1/namespaces/arpcheck/leases/arpcheck-nuc-2'
    await backend.admin.ask('DELETE', path)
  })

  test(
    'a watch as the ServiceAccount → each change, on one connection; stop leaves no socket',
    { skip },
    async (t) => {
      const cluster = open(t, account)
      const watch = cluster.follow({ startWithinMs: 0, onFault: assert.ifError })
      await watch.ready()
      assert.deepEqual(told(watch.snapshot()), { ...EXPECTED, events: [] })
      await apply(backend.admin, service({ name: 'nginx', ips: ['192.168.1.62'] }))
      await until('the new Service', () => addressesIn(watch)['nginx'] === '192.168.1.62')
      await apply(backend.admin, service({ name: 'nginx', ips: ['192.168.1.63'] }))
      await until('its new address', () => addressesIn(watch)['nginx'] === '192.168.1.63')
      await remove(backend.admin, service({ name: 'nginx' }))
      await apply(backend.admin, daemonPod('nuc-2', false))
      await until('a daemon that is not Ready', () =>
        watch
          .snapshot()
          .daemonPods.some(({ node: on, ready }) => on === 'nuc-2' && ready?.status === 'False'),
      )
      await apply(backend.admin, daemonPod('nuc-2'))
      await until('its end', () => addressesIn(watch)['nginx'] === undefined)
      await cluster.close()
      await noSocketTo(portOf(backend))
    },
  )

  test(
    'a server that crashes and starts again → the truth again, what was known stays meanwhile',
    { skip },
    async (t) => {
      const cluster = open(t, backend.adminKubeconfig)
      const watch = cluster.follow({ startWithinMs: 0, onFault: assert.ifError })
      await watch.ready()
      const kept: number[] = []
      watch.onChange(() => kept.push(watch.snapshot().pools.length))
      await backend.restart()
      await served(backend.admin)
      await apply(backend.admin, node({ name: 'nuc-5', ip: '192.168.1.15' }))
      await until('the new node', () => watch.snapshot().nodes.some(({ name }) => name === 'nuc-5'), 40_000)
      await until('all watch again', () => synced(watch) === WATCHES, 40_000)
      kept.push(watch.snapshot().pools.length)
      assert.deepEqual([...new Set(kept)], [1], 'the pool was there all the time')
      await remove(backend.admin, node({ name: 'nuc-5', ip: '' }))
      const lists = watch
        .status()
        .map(({ relists }) => Object.values(relists).reduce((sum, count) => sum + count, 0))
      assert.ok(Math.max(...lists) <= 4, String(lists))
    },
  )

  test(
    'a server that is stopped (SIGSTOP) → noticed by PING, and followed again once it goes on',
    { skip },
    async (t) => {
      const credentials = openCredentials(
        { kubeconfig: file(t, 'kubeconfig', backend.adminKubeconfig), env: {} },
        systemClock,
      )
      const api = openApi(credentials, openTransport(systemClock, PING), systemClock)
      const options = { env: {}, startWithinMs: 0, metallbNamespace: METALLB, onFault: assert.ifError }
      const watch = followApi(api, options, CHANCES)
      await watch.ready()
      await until('all watch', () => synced(watch) === WATCHES)
      backend.freeze()
      t.after(() => backend.thaw())
      // Idle for a while first: nothing but the PING can tell. Kernel keepalive would take twelve minutes.
      await until('every watch is stale', () => stale(watch) === WATCHES, PING.idleMs + PING.pongMs + 4000)
      assert.equal(watch.snapshot().pools.length, 1)
      backend.thaw()
      await until('every watch stands again', () => synced(watch) === WATCHES, 40_000)
      await watch.stop()
      await api.close()
      await noSocketTo(portOf(backend))
    },
  )
}

/** MetalLB in a home lab, and what the project's manifest grants. */
async function populate(backend: Backend): Promise<void> {
  const objects = homelab()
  const isCustom = ({ apiVersion }: (typeof objects)[number]): boolean => apiVersion.startsWith('metallb.io')
  for (const object of objects.filter((one) => !isCustom(one))) await apply(backend.admin, object)
  for (const object of [...manifest(), ...manifest('deploy/speaker-metrics.yaml')])
    await apply(backend.admin, object)
  await served(backend.admin)
  for (const object of objects.filter(isCustom)) await apply(backend.admin, object)
}

function portOf({ adminKubeconfig }: Backend): number {
  const { clusters } = JSON.parse(adminKubeconfig) as { clusters: [{ cluster: { server: string } }] }
  return Number(new URL(clusters[0].cluster.server).port)
}

function synced(watch: ClusterWatch): number {
  return watched(watch).filter(({ health }) => health.state === 'synced').length
}

function stale(watch: ClusterWatch): number {
  return watched(watch).filter(({ health }) => health.state === 'stale').length
}

function watched(watch: ClusterWatch): ReturnType<ClusterWatch['status']> {
  const polled = ['capabilities', 'memberlistConfig', 'excludedInterfaces', 'events', 'otherAnnouncers']
  return watch.status().filter(({ resource }) => !polled.includes(resource.input))
}

function addressesIn(watch: ClusterWatch): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    watch.snapshot().services.map(({ name, ingress }) => [name, ingress[0]?.ip ?? null]),
  )
}

function unreadable({ inputs }: ClusterSnapshot): readonly string[] {
  return INPUTS.filter((input) => inputs[input].readable !== 'yes')
}

/** The snapshot by what identifies each object, in order. */
function told(snapshot: ClusterSnapshot): unknown {
  const sorted = <T>(list: readonly T[], say: (value: T) => readonly unknown[]): string[] =>
    list.map((value) => say(value).flat(2).map(String).join(' ')).toSorted()
  return {
    services: sorted(
      snapshot.services,
      ({ namespace, name, ingress, externalTrafficPolicy, statusWriter }) => [
        namespace,
        name,
        ingress.map(({ ip }) => ip),
        externalTrafficPolicy,
        statusWriter !== null,
      ],
    ),
    endpointSlices: sorted(snapshot.endpointSlices, ({ serviceName, endpoints }) => [
      serviceName,
      endpoints.map(({ nodeName, ready }) => [nodeName, ready]),
    ]),
    nodes: sorted(snapshot.nodes, ({ name, internalIps, ready }) => [name, internalIps, ready?.status]),
    speakerPods: sorted(snapshot.speakerPods, ({ nodeName, podIp, ready, phase, daemonSet }) => [
      nodeName,
      podIp,
      ready?.status,
      phase,
      daemonSet,
    ]),
    speakerDaemonSets: sorted(snapshot.speakerDaemonSets, ({ name, image, args, desired }) => [
      name,
      image,
      args,
      desired,
    ]),
    pools: sorted(snapshot.pools, ({ name, addresses }) => [name, addresses]),
    l2Advertisements: sorted(snapshot.l2Advertisements, ({ name, ipAddressPools, interfaces }) => [
      name,
      ipAddressPools,
      interfaces,
    ]),
    bgpAdvertisements: sorted(snapshot.bgpAdvertisements, ({ name, ipAddressPools }) => [
      name,
      ipAddressPools,
    ]),
    l2Statuses: sorted(snapshot.l2Statuses, ({ serviceNamespace, serviceName, node: on }) => [
      serviceNamespace,
      serviceName,
      on,
    ]),
    configurationStates: sorted(snapshot.configurationStates, ({ component, node: on, result }) => [
      component,
      on,
      result,
    ]),
    events: sorted(snapshot.events, ({ serviceName, reason, message }) => [serviceName, reason, message]),
    memberlistConfig: snapshot.memberlistConfig,
    excludedInterfaces: snapshot.excludedInterfaces,
    nicRecords: sorted(snapshot.nicRecords, ({ node: on, nics }) => [on, nics.map(({ mac }) => mac)]),
    daemonPods: sorted(snapshot.daemonPods, ({ node: on, ready }) => [on, ready?.status]),
    otherAnnouncers: sorted(snapshot.otherAnnouncers, ({ by, service: of, node: on, leaseMs }) => [
      by,
      of,
      on,
      leaseMs,
    ]),
    crds: sorted(Object.entries(snapshot.capabilities.crds ?? {}), ([plural, fields]) => [
      plural,
      fields.toSorted(),
    ]),
  }
}

const NUMBERS = [1, 2, 3, 4]
const EXPECTED = {
  services: ['default gitea 192.168.1.61 Local true', 'default traefik 192.168.1.60 Cluster true'],
  endpointSlices: ['gitea nuc-3 true', 'traefik nuc-2 true'],
  nodes: NUMBERS.map((n) => `nuc-${n} 192.168.1.1${n} True`),
  speakerPods: NUMBERS.map((n) => `nuc-${n} 192.168.1.1${n} True Running speaker`),
  speakerDaemonSets: ['speaker quay.io/metallb/speaker:v0.16.1 --port=9120 --log-level=info 4'],
  pools: ['default 192.168.1.60-192.168.1.69'],
  l2Advertisements: ['default default eno1'],
  bgpAdvertisements: ['uplink other'],
  l2Statuses: ['default traefik nuc-4'],
  configurationStates: NUMBERS.map((n) => `speaker nuc-${n} Valid`),
  events: ['traefik nodeAssigned announcing from node "nuc-4" with protocol "layer2"'],
  memberlistConfig: '{"ProbeInterval":"1s"}',
  excludedInterfaces: ['^docker.*', '^veth.*'],
  nicRecords: ['nuc-1 1c:69:7a:aa:01:10'],
  daemonPods: NUMBERS.map((n) => `nuc-${n} True`),
  otherAnnouncers: ['cilium default-gitea nuc-2 15000'],
  crds: [
    'bgpadvertisements aggregationLength ipAddressPoolSelectors ipAddressPools nodeSelectors',
    'configurationstates',
    'ipaddresspools addresses autoAssign avoidBuggyIPs serviceAllocation',
    'l2advertisements interfaces ipAddressPoolSelectors ipAddressPools nodeSelectors preferredNodeSelectors serviceSelectors',
    'servicel2statuses',
  ],
}

/** Times come from the server's clock, and are there. */
function assertTimes(snapshot: ClusterSnapshot): void {
  const [now, day] = [Date.now(), 86_400_000]
  const times = [
    snapshot.takenAt,
    ...snapshot.services.flatMap(({ createdAt, changedAt }) => [createdAt, changedAt]),
    ...snapshot.nodes.flatMap(({ createdAt, changedAt }) => [createdAt, changedAt]),
    ...snapshot.pools.map(({ changedAt }) => changedAt),
  ]
  assert.deepEqual(
    times.filter((time) => time === null || Math.abs(now - time) > day),
    [],
  )
}
