import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { describe, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { parseIp } from '../../src/core/ip.ts'
import { LAN, slowestDeathMs } from '../../src/core/suspicion.ts'
import { groupByUsable, quietCluster, viewsOf } from '../../src/core/views.ts'
import { keysFromSecret, MemberlistKeys, NO_KEYS } from '../../src/memberlist/keys.ts'
import { askByPackets } from '../../src/memberlist/pings.ts'
import { until } from '../helpers/until.ts'
import {
  cut,
  overPeers,
  OWN_ADDRESS,
  startMembers,
  startOn,
  untilJoined,
  type RealPeer,
} from '../peers/cluster.ts'
import { eagerObserver, loud, never, opinion, opinionIn, opinionsUntil } from './real.ts'

// May take 300 s: the first run builds a Go program before it begins; later ones take 20 s.
// Real memberlist, set up as a MetalLB speaker, and Debian's serf agent: what we read of them, and what we leave behind.
// Not covered here: healing, forgetting and long runs (partition.soak.ts).

const SECRET = 'labsecret0123456789ABC'
/** On a busy machine peers are late too; what is asserted is the order of events and that they come at all. */
const BUSY_MS = 15_000
const SERF = ['/usr/bin/serf', '/usr/local/bin/serf'].find((path) => existsSync(path))

overPeers(body)

function keys(): MemberlistKeys {
  return keysFromSecret(Buffer.from(SECRET))
}

function body(peer: string): void {
  const sealed = startMembers(peer, 1, 3, ['-secret', SECRET])
  const plain = startMembers(peer, 2, 3, [])

  describe('left in peace', () => {
    test('three members, sealed and plain → each is in all three views, alive', async () => {
      await Promise.all([untilJoined(sealed), untilJoined(plain)])
      for (const [peers, observer] of [
        [sealed, eagerObserver(keys())],
        [plain, eagerObserver()],
      ] as const) {
        const readings = await observer.observe(peers, never)
        const alive = peers.map(({ name, address, port }) => ({
          name,
          address,
          port,
          state: 'alive',
          incarnation: 1,
        }))
        assert.deepEqual(
          viewsOf(readings),
          peers.map(({ name }) => ({ speaker: name, members: alive })),
        )
        assert.ok(readings.every(({ reading }) => reading.kind === 'view' && !reading.unproven))
      }
    })

    test('500 exchanges with each → a view each time; no member more, no log line above DEBUG, all alive', async () => {
      const observers = [eagerObserver(keys()), eagerObserver()] as const
      for (let round = 0; round < 500; round++) {
        const readings = await Promise.all([
          observers[0].observe(sealed, never),
          observers[1].observe(plain, never),
        ])
        assert.ok(
          readings.flat().every(({ reading }) => reading.kind === 'view' && reading.members.length === 3),
        )
      }
      for (const one of [...sealed, ...plain]) await assertUntouched(one)
    })
  })

  describe('under stress', { concurrency: true }, () => {
    test('kill -9 → suspect, then dead, no later than memberlist itself says', async () => {
      const peers = startMembers(peer, 3, 3, ['-secret', SECRET])
      await untilJoined(peers)
      peers[2]!.signal('SIGKILL')
      const seen = await fateOf('node-3', peers[0]!, 'dead')
      assert.deepEqual([...seen.keys()], ['alive', 'suspect', 'dead'])
      assert.equal(await opinion(eagerObserver(keys()), peers[2]!, 'node-1'), 'refused')
    })

    test('SIGSTOP → silent itself, suspect and then dead to the others; SIGCONT → alive, incarnation risen', async () => {
      const peers = startMembers(peer, 4, 3, ['-secret', SECRET])
      await untilJoined(peers)
      peers[2]!.signal('SIGSTOP')
      const seen = await fateOf('node-3', peers[0]!, 'dead')
      assert.deepEqual([...seen.keys()], ['alive', 'suspect', 'dead'])
      const observer = eagerObserver(keys())
      assert.equal(await opinion(observer, peers[2]!, 'node-1'), 'silent')
      peers[2]!.signal('SIGCONT')
      await opinionsUntil('alive', { observer, speaker: peers[0]!, about: 'node-3', withinMs: BUSY_MS })
      const [first] = await observer.observe(peers, never)
      const member =
        first!.reading.kind === 'view' && first!.reading.members.find(({ name }) => name === 'node-3')
      assert.ok(member && member.incarnation > 1)
    })

    test('SIGTERM, on which a speaker leaves → left, not suspect', async () => {
      const peers = startMembers(peer, 5, 3, ['-secret', SECRET])
      await untilJoined(peers)
      peers[2]!.signal('SIGTERM')
      const seen = await fateOf('node-3', peers[0]!, 'left')
      assert.ok(!seen.has('suspect'))
    })

    test('four members cut in half → each half counts itself alone, which is seen by asking each', async () => {
      const peers = startMembers(peer, 11, 4, ['-secret', SECRET])
      await untilJoined(peers)
      cut(peers.slice(2))
      const observer = eagerObserver(keys())
      const groups = async () => groupByUsable(viewsOf(await observer.observe(peers, never)))
      const end = performance.now() + slowestDeathMs(LAN, 4) + BUSY_MS
      while ((await groups()).length < 2 && performance.now() < end) await systemClock.sleep(100)
      await opinionsUntil('dead', { observer, speaker: peers[3]!, about: 'node-1', withinMs: BUSY_MS })
      await opinionsUntil('dead', { observer, speaker: peers[1]!, about: 'node-4', withinMs: BUSY_MS })
      // of each half one has made up its mind: the other one follows
      const halves = JSON.stringify([
        ['node-1', 'node-2'],
        ['node-3', 'node-4'],
      ])
      const told = async () => JSON.stringify((await groups()).map(({ speakers }) => speakers))
      const settled = performance.now() + BUSY_MS
      let seen = await told()
      while (seen !== halves && performance.now() < settled) {
        await systemClock.sleep(100)
        seen = await told()
      }
      assert.equal(seen, halves)
    })

    test('another key, no key, a key too many → told apart, and the peer lives on', async () => {
      const [locked] = startMembers(peer, 6, 1, ['-secret', SECRET])
      const [open] = startMembers(peer, 7, 1, [])
      const [old] = startMembers(peer, 8, 1, ['-secret', SECRET, '-key-bytes', '16'])
      await until('they listen', () => [locked, open, old].every((one) => one!.told().length > 0), BUSY_MS)
      const other = keysFromSecret(Buffer.from('wrongsecret0123456789X'))
      for (const [speaker, used, expected] of [
        [locked, other, 'wrong-key'],
        [locked, NO_KEYS, 'sealed'],
        [open, keys(), 'no-key'],
        [old, keys(), 'view'], // by its answer, which our second key opens
      ] as const) {
        const [first] = await eagerObserver(used).observe([speaker!], never)
        assert.equal(first!.reading.kind, expected)
        assert.ok(speaker!.isAlive())
      }
    })

    test('verify flags off, as a file of MetalLB 0.16 may have them → answered in the clear, marked unproven', async () => {
      const [lax] = startMembers(peer, 9, 1, [
        '-secret',
        SECRET,
        '-verify-incoming=false',
        '-verify-outgoing=false',
      ])
      await until('it listens', () => lax!.told().length > 0, BUSY_MS)
      for (const [used, unproven] of [
        [keys(), true],
        [NO_KEYS, false],
      ] as const) {
        const [first] = await eagerObserver(used).observe([lax!], never)
        assert.equal(first!.reading.kind === 'view' && first!.reading.unproven, unproven)
      }
    })

    test('UDP to one speaker dropped, TCP open → every view says alive; packets tell, and nothing else does', async () => {
      const peers = startMembers(peer, 10, 3, ['-secret', SECRET])
      await untilJoined(peers)
      const observer = eagerObserver(keys())
      const before = quietCluster(await observer.observe(peers, never))!
      assert.deepEqual(await packets(before), [
        ...['node-1', 'node-2', 'node-3'].map((name) => `${name}: ack`),
        'node-1 to node-2: ack',
        'node-1 to node-3: ack',
        'node-2 to node-3: ack',
      ])
      dropPackets(peers[1]!)
      const readings = await observer.observe(peers, never)
      for (const reading of readings) assert.equal(opinionIn(reading, 'node-2'), 'alive')
      const told = await packets(quietCluster(readings) ?? before)
      assert.deepEqual(told, ['node-1: ack', 'node-2: timeout', 'node-3: ack', 'node-1 to node-3: ack'])
    })

    test(
      "Debian's serf agent, AES-128, with state and tags of its own → its view",
      { skip: serfMissing() },
      async () => {
        const key = Buffer.alloc(16, 's')
        const agents = [1, 2].map((i) => serfAgent(i, key))
        const observer = eagerObserver(new MemberlistKeys([Buffer.alloc(32, 'x'), key]))
        const withinMs = BUSY_MS
        await opinionsUntil('alive', { observer, speaker: agents[0]!, about: 'serf-2', withinMs })
        await opinionsUntil('alive', { observer, speaker: agents[1]!, about: 'serf-1', withinMs })
        assert.ok(agents.every((agent) => agent.isAlive()))
      },
    )
  })

  test('after all that, those that were left in peace still know nobody else, and never complained of us', async () => {
    for (const one of [...sealed, ...plain]) {
      await assertAmongThemselves(one)
      // What starved peers say of each other is not our doing.
      assert.deepEqual(
        loud(one).filter((line) => line.includes(OWN_ADDRESS)),
        [],
      )
    }
  })
}

/** What `witness` thinks of a member whose end has just begun, until it thinks `last`. */
function fateOf(about: string, witness: RealPeer, last: 'dead' | 'left') {
  const withinMs = slowestDeathMs(LAN, 3) + BUSY_MS
  return opinionsUntil(last, { observer: eagerObserver(keys()), speaker: witness, about, withinMs })
}

async function assertUntouched(peer: RealPeer): Promise<void> {
  const health = await assertAmongThemselves(peer)
  assert.equal(health, 0)
  assert.deepEqual(loud(peer), [])
}

/** It counts its two fellows and nobody else, and never heard of anybody else; gives its health score, 0 for well. */
async function assertAmongThemselves(peer: RealPeer): Promise<number> {
  const before = peer.told().length
  peer.signal('SIGUSR1')
  await until('it tells its members', () => peer.told().length > before, BUSY_MS)
  const { members, health } = peer.told().at(-1)! as { members: string[]; health: number }
  assert.deepEqual(members.sort(), ['node-1', 'node-2', 'node-3'])
  const strangers = peer
    .told()
    .filter(({ event, name }) => event !== undefined && !members.includes(name as string))
  assert.deepEqual(strangers, [])
  assert.ok(peer.isAlive())
  return health
}

async function packets(quiet: NonNullable<ReturnType<typeof quietCluster>>): Promise<string[]> {
  const settings = {
    keys: keys(),
    label: '',
    parallel: 4,
    timeoutMs: 1000,
    probeTimeoutMs: LAN.probeTimeoutMs,
    maxPairs: 9,
  }
  const found = await askByPackets(quiet, settings, { clock: systemClock, randomBytes }, never)
  return found.map(
    ({ asked, target, result }) => `${asked}${target === null ? '' : ` to ${target}`}: ${result}`,
  )
}

/** A firewall that knows TCP alone, by a routing rule that is asked before the local table. */
function dropPackets({ host }: RealPeer): void {
  host.run('ip', 'rule', 'add', 'pref', '5', 'iif', 'eth0', 'ipproto', 'udp', 'dport', '7946', 'blackhole')
  host.run('ip', 'rule', 'add', 'pref', '10', 'lookup', 'local')
  host.run('ip', 'rule', 'del', 'pref', '0')
}

function serfMissing(): string | false {
  return SERF === undefined && 'serf is not installed: apt-get install -y --no-install-recommends serf'
}

function serfAgent(i: number, key: Buffer): RealPeer {
  const address = parseIp(`10.77.20.${i}`)!
  const tags = ['-tag', 'role=lab', '-tag', `rack=${'r'.repeat(40)}`]
  const own = [
    `-node=serf-${i}`,
    `-bind=${address}:7946`,
    `-encrypt=${key.toString('base64')}`,
    '-log-level=debug',
  ]
  return startOn(address, `serf-${i}`, SERF!, [
    'agent',
    ...own,
    ...tags,
    '-retry-join=10.77.20.1',
    '-retry-interval=1s',
  ])
}
