import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeArp, type ArpFrame } from '../../src/core/arp.ts'
import { ipv4Of, type Ip } from '../../src/core/ip.ts'
import { BROADCAST_MAC, ZERO_MAC } from '../../src/core/mac.ts'
import { whoHasFrames, whoHasRows } from '../../src/core/questions.ts'
import { seededRandom } from '../../src/core/random.ts'
import { Roster } from '../../src/core/roster.ts'
import { evidenceOf, hear, openRound, openSweep, slowestNs } from '../../src/core/round.ts'
import { ip, mac, OWN_MAC, padded } from '../helpers/segment.ts'

const OWN_IP = ip('10.0.0.1')
const PLAN = { mac: OWN_MAC, timeoutNs: 1_000n }
const MACS = [mac('1c:69:7a:aa:04:10'), mac('1c:69:7a:aa:01:10'), OWN_MAC, BROADCAST_MAC, ZERO_MAC]
const VIPS = Array.from({ length: 6 }, (_, i) => ip(`10.0.${i % 2}.${16 * i + 2}`))

function rosterOf(ips: readonly Ip[]): Roster {
  return new Roster(PLAN, ips, () => OWN_IP)
}

test('every address of a roster is found in its row, however they are strewn, and no other', () => {
  for (const step of [1, 15, 16, 17, 256, 65_536, 1 << 20]) {
    const ips = Array.from({ length: 3000 }, (_, i) => ipv4Of(0x0a00_0000 + i * step))
    const roster = rosterOf([...new Set(ips)])
    assert.ok(roster.ips.every((one, row) => roster.rowOf(one) === row))
    assert.equal(roster.rowOf(ip('9.9.9.9')), -1)
  }
  assert.equal(rosterOf([ip('fe80::1')]).rowOf(ip('fe80::1')), -1)
})

test('a row is asked for by the same frame as any question', () => {
  const roster = rosterOf(VIPS)
  const questions = VIPS.map((one) => ({ ip: one, to: BROADCAST_MAC }))
  const rows = Int32Array.from(VIPS, (_, row) => row)
  assert.deepEqual(whoHasRows(roster, rows, 0).packed, whoHasFrames(questions, roster).packed)
})

test('what is taken as numbers is the same evidence as what is heard frame by frame', () => {
  let inPlace = 0
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed)
    const [sweep, round] = [openSweep(rosterOf(VIPS)), openRound(rosterOf(VIPS))]
    let atNs = 1_700_000_000_000_000_000n
    for (let i = 0; i < 40; i++) {
      const frame = drawn(random)
      const bytes = padded(encodeArp(frame))
      atNs += BigInt(random.below(300))
      const captured = { bytes, wireLength: random.below(2) === 0 ? 42 : 60, atNs }
      const words = new Int32Array(bytes.slice(0, 60).buffer)
      const halves = [Number(atNs >> 32n), Number(atNs & 0xffff_ffffn)] as const
      if (sweep.take(words, 0, bytes.length, captured.wireLength, ...halves)) inPlace++
      else hear(sweep, captured)
      hear(round, captured)
    }
    for (const vip of VIPS) assert.deepEqual(evidenceOf(sweep, vip), evidenceOf(round, vip), `seed ${seed}`)
    assert.deepEqual(sweep.ignored, round.ignored)
    assert.equal(slowestNs(sweep), slowestNs(round))
  }
  assert.ok(inPlace > 2000, `${inPlace} were taken in place`)
})

/** Our question or an answer to it, as a rule; now and then one field is another. */
function drawn(random: ReturnType<typeof seededRandom>): ArpFrame {
  const below = (limit: number): number => random.below(limit)
  const vip = VIPS[below(VIPS.length)]!
  const other = MACS[below(2)]!
  const asks = below(2) === 0
  const frame: ArpFrame = asks
    ? {
        op: 'who-has',
        ethDst: BROADCAST_MAC,
        ethSrc: OWN_MAC,
        sha: OWN_MAC,
        spa: OWN_IP,
        tha: ZERO_MAC,
        tpa: vip,
      }
    : { op: 'reply', ethDst: OWN_MAC, ethSrc: other, sha: other, spa: vip, tha: OWN_MAC, tpa: OWN_IP }
  const strange = MACS[below(MACS.length)]!
  const changes: Partial<ArpFrame>[] = [
    { op: asks ? 'reply' : 'who-has' },
    { ethDst: strange },
    { ethSrc: strange },
    { sha: strange },
    { tha: strange },
    { spa: ip('10.9.9.9') },
    { tpa: vip },
    { spa: vip },
    { tpa: ip('10.9.9.9') },
  ]
  return below(6) === 0 ? { ...frame, ...changes[below(changes.length)] } : frame
}
