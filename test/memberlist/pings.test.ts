import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { parseIp, type Ip } from '../../src/core/ip.ts'
import { quietCluster, type PacketReading, type Quiet, type SpeakerReading } from '../../src/core/views.ts'
import { startMemberlistPeer, type MemberlistPeer } from '../../src/lab/memberlist-peer/peer.ts'
import { healthyPeer, type PeerScript } from '../../src/lab/memberlist-peer/script.ts'
import { MemberlistKeys, NO_KEYS } from '../../src/memberlist/keys.ts'
import { createObserver, OBSERVER_DEFAULTS } from '../../src/memberlist/observer.ts'
import { askByPackets, type PacketSettings } from '../../src/memberlist/pings.ts'

// Packet pings, direct and by way of another speaker, against the lab's peer on loopback addresses.

const KEY = Buffer.alloc(32, 'k')
const NAMES = ['nuc-1', 'nuc-2', 'nuc-3']
const never = new AbortController().signal
const opened: MemberlistPeer[] = []
after(() => Promise.all(opened.map((peer) => peer.close())))

const PACKETS: PacketSettings = {
  keys: NO_KEYS,
  label: '',
  parallel: 4,
  timeoutMs: 200,
  probeTimeoutMs: 100,
  maxPairs: 100,
}

/** Three peers, one on each of 127.0.0.1 to .3, by the same port, and their views. */
async function clusterThat(
  change: (i: number) => Partial<PeerScript>,
  keys = NO_KEYS,
): Promise<{ peers: MemberlistPeer[]; quiet: Quiet; readings: SpeakerReading[] }> {
  const probe = createSocket('udp4').bind(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  const members = NAMES.map((name, i) => ({ name, address: loopback(i), port }))
  const peers: MemberlistPeer[] = []
  for (const [i, { name, address }] of members.entries()) {
    const script = { ...healthyPeer(name, members), probeTimeoutMs: 100, ...change(i) }
    peers.push(await startMemberlistPeer(script, address, port))
  }
  opened.push(...peers)
  const observer = createObserver({ ...OBSERVER_DEFAULTS, keys }, { clock: systemClock })
  const readings = await observer.observe(members, never)
  return { peers, quiet: quietCluster(readings)!, readings }
}

function loopback(i: number): Ip {
  return parseIp(`127.0.0.${i + 1}`)!
}

async function ask(quiet: Quiet, settings: Partial<PacketSettings> = {}, signal = never): Promise<string[]> {
  const edges = { clock: systemClock, randomBytes }
  const readings = await askByPackets(quiet, { ...PACKETS, ...settings }, edges, signal)
  return readings.map(shown)
}

function shown({ asked, target, result }: PacketReading): string {
  return `${asked}${target === null ? '' : ` to ${target}`}: ${result}`
}

const ALL_ACK = [
  ...NAMES.map((name) => `${name}: ack`),
  'nuc-1 to nuc-2: ack',
  'nuc-1 to nuc-3: ack',
  'nuc-2 to nuc-3: ack',
]

for (const [how, change, keys] of [
  ['plain', {}, NO_KEYS],
  ['sealed', { key: KEY }, new MemberlistKeys([Buffer.alloc(32, 'x'), KEY])],
] as const) {
  test(`three speakers, ${how} → each asked once, each pair once, all answer`, async () => {
    const { peers, quiet } = await clusterThat(() => change, keys)
    assert.deepEqual(await ask(quiet, { keys }), ALL_ACK)
    const packets = peers.map(({ asked }) => asked.slice(1).map(({ kind }) => kind))
    assert.deepEqual(packets, [
      ['ping', 'indirect-ping', 'indirect-ping'],
      ['ping', 'indirect-ping'],
      ['ping'],
    ])
  })
}

test('gossip that rides along → read past', async () => {
  const { quiet } = await clusterThat(() => ({ gossip: [{ name: 'nuc-9', address: loopback(8) }] }))
  assert.deepEqual(await ask(quiet), ALL_ACK)
})

test('packets to one speaker dropped, streams open → its silence, asked twice, and nobody is asked for it', async () => {
  const { peers, quiet } = await clusterThat((i) => (i === 1 ? { packets: 'dropped' } : {}))
  assert.deepEqual(await ask(quiet), ['nuc-1: ack', 'nuc-2: timeout', 'nuc-3: ack', 'nuc-1 to nuc-3: ack'])
  assert.equal(peers[1]!.asked.length, 1)
})

test('packets between two speakers dropped → nack, asked twice', async () => {
  const { peers, quiet } = await clusterThat((i) => (i === 0 ? { reaches: (to) => to !== loopback(2) } : {}))
  const found = await ask(quiet)
  assert.deepEqual(found, ALL_ACK.with(4, 'nuc-1 to nuc-3: nack'))
  assert.equal(peers[0]!.asked.filter(({ kind }) => kind === 'indirect-ping').length, 3)
})

test('a speaker that stopped since → refused, and not asked for others', async () => {
  const { peers, quiet } = await clusterThat(() => ({}))
  await peers[0]!.close()
  assert.deepEqual(await ask(quiet), ['nuc-1: refused', 'nuc-2: ack', 'nuc-3: ack', 'nuc-2 to nuc-3: ack'])
})

test('at most so many pairs as allowed', async () => {
  const { quiet } = await clusterThat(() => ({}))
  assert.deepEqual(await ask(quiet, { maxPairs: 1 }), ALL_ACK.slice(0, 4))
})

test('an abort → interrupted', async () => {
  const { quiet } = await clusterThat(() => ({}))
  const found = await ask(quiet, {}, AbortSignal.abort())
  assert.deepEqual(
    found,
    NAMES.map((name) => `${name}: interrupted`),
  )
})

test('a speaker that floods us with other packets → failed, long before the deadline', async () => {
  const flooder = createSocket('udp4')
  flooder.on('message', (_, { address, port }) => {
    for (let i = 0; i < 200; i++) flooder.send(Buffer.from('0280', 'hex'), port, address)
  })
  flooder.bind(0, '127.0.0.1')
  await once(flooder, 'listening')
  const { port } = flooder.address()
  const members = [{ name: 'a', address: loopback(0), port, state: 'alive', incarnation: 1 }] as const
  const reading = { kind: 'view', members, keyIndex: null, unproven: false } as const
  const item = { speaker: { name: 'a', address: loopback(0), port }, reading, tookMs: 1 }
  const found = await ask(quietCluster([item, item])!, { timeoutMs: 60_000 })
  flooder.close()
  assert.deepEqual(found, ['a: failed'])
})
