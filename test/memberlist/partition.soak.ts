import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { differingSince, judgeMembership } from '../../src/core/membership.ts'
import { firstProbeMs, LAN, slowestDeathMs, suspectForMs, suspicionOf } from '../../src/core/suspicion.ts'
import { groupByUsable, quietCluster, viewsOf, type SpeakerReading } from '../../src/core/views.ts'
import { keysFromSecret } from '../../src/memberlist/keys.ts'
import { cut, heal, overPeers, startMembers, untilJoined, type RealPeer } from '../peers/cluster.ts'
import { eagerObserver, loud, never, opinionIn } from './real.ts'

// Real memberlist over minutes: a cluster cut in half and healed, deaths timed, thousands of exchanges.
// Two minutes, and SOAK_SECONDS (60) more for the exchanges.

const SECRET = 'labsecret0123456789ABC'
const SOAK_MS = Number(process.env['SOAK_SECONDS'] ?? 60) * 1000
/** How late a busy machine may be. */
const SLACK_MS = 5000
const POLL_MS = 250

overPeers(body)

function body(peer: string): void {
  const args = ['-secret', SECRET, '-rejoin', '5s']
  const observer = eagerObserver(keysFromSecret(Buffer.from(SECRET)))
  const look = (peers: readonly RealPeer[]) => observer.observe(peers, never)

  async function watch(
    peers: readonly RealPeer[],
    what: string,
    withinMs: number,
    holds: (readings: readonly SpeakerReading[]) => boolean,
  ): Promise<number> {
    const start = performance.now()
    while (!holds(await look(peers))) {
      if (performance.now() - start > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`)
      await systemClock.sleep(POLL_MS)
    }
    return performance.now() - start
  }

  describe('over minutes', { concurrency: true }, () => {
    test('four members cut in half → two views, ARP601 after the suspicion maximum, one view again when healed', async () => {
      const peers = startMembers(peer, 1, 4, args)
      await untilJoined(peers)
      assert.equal(groupsIn(await look(peers)).length, 1)
      let since: number | null = null
      const severities = new Set<string>()
      const judge = (readings: readonly SpeakerReading[]) => {
        since = differingSince(since, readings, performance.now())
        for (const { code, severity } of findingsOf(readings, since)) severities.add(`${code} ${severity}`)
      }

      cut(peers.slice(2))
      const suspects = (readings: readonly SpeakerReading[]) => (
        judge(readings),
        readings.every((one, i) => opinionIn(one, i < 2 ? 'node-3' : 'node-1') !== 'alive')
      )
      const spread = firstProbeMs(LAN, 4) + LAN.probeIntervalMs + SLACK_MS
      await watch(peers, 'each half suspects the other', spread, suspects)
      const split = (readings: readonly SpeakerReading[]) => (
        judge(readings),
        groupsIn(readings).length === 2
      )
      const tookMs = await watch(peers, 'two views', slowestDeathMs(LAN, 4) + SLACK_MS, split)
      assert.ok(tookMs >= suspicionOf(LAN, 4).minMs - SLACK_MS)
      assert.deepEqual(groupsIn(await look(peers)), [
        ['node-1', 'node-2'],
        ['node-3', 'node-4'],
      ])
      await watch(peers, 'an error, no sooner than a healthy cluster may take', 40_000, (readings) => {
        judge(readings)
        return severities.has('ARP601 error')
      })
      assert.deepEqual([...severities], ['ARP601 info', 'ARP601 error'])

      heal(peers.slice(2))
      await watch(peers, 'one view', 30_000, (readings) => groupsIn(readings).length === 1)
      await watch(peers, 'quiet', 60_000, (readings) => quietCluster(readings) !== null)
    })

    test('three members, one killed → suspect, dead and absent within the documented bounds', async () => {
      const peers = startMembers(peer, 2, 3, args)
      await untilJoined(peers)
      peers[2]!.signal('SIGKILL')
      const others = peers.slice(0, 2)
      const all = (state: string) => (readings: readonly SpeakerReading[]) =>
        readings.every((one) => opinionIn(one, 'node-3') === state)
      await watch(others, 'suspect', firstProbeMs(LAN, 3) + LAN.probeIntervalMs + SLACK_MS, all('suspect'))
      const dyingMs = await watch(others, 'dead', suspicionOf(LAN, 3).maxMs + SLACK_MS, all('dead'))
      assert.ok(dyingMs > suspectForMs(suspicionOf(LAN, 3), 0) - 1000)
      const forgottenMs = await watch(
        others,
        'absent',
        LAN.gossipToTheDeadMs + 3000 + SLACK_MS,
        all('absent'),
      )
      assert.ok(forgottenMs > LAN.gossipToTheDeadMs - 2000)
    })

    test(`exchanges for ${SOAK_MS / 1000} s → nobody is the worse for it`, async () => {
      const peers = startMembers(peer, 3, 3, args)
      await untilJoined(peers)
      const end = performance.now() + SOAK_MS
      let rounds = 0
      for (; performance.now() < end; rounds++) {
        const readings = await look(peers)
        assert.ok(readings.every(({ reading }) => reading.kind === 'view' && reading.members.length === 3))
        await systemClock.sleep(10)
      }
      assert.ok(rounds > 1000 || SOAK_MS < 30_000)
      for (const one of peers) {
        assert.ok(one.isAlive())
        assert.deepEqual(loud(one), [])
        const names = one.told().flatMap(({ event, name }) => (event === undefined ? [] : [String(name)]))
        assert.deepEqual(names.sort(), ['node-1', 'node-2', 'node-3'])
      }
    })
  })
}

function groupsIn(readings: readonly SpeakerReading[]): (readonly string[])[] {
  return groupByUsable(viewsOf(readings)).map(({ speakers }) => speakers)
}

function findingsOf(readings: readonly SpeakerReading[], since: number | null) {
  return judgeMembership({
    readings,
    packets: [],
    memberlist: 'on',
    profile: LAN,
    sealed: true,
    differingMs: since === null ? 0 : performance.now() - since,
    youngestSpeakerMs: 3_600_000,
    downCandidates: [],
    vantage: 'node',
    reachable: new Set(),
  })
}
