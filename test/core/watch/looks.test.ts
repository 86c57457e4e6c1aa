import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeArp, encodeArp } from '../../../src/core/arp.ts'
import type { Ip } from '../../../src/core/ip.ts'
import { BROADCAST_MAC, ZERO_MAC, type Mac } from '../../../src/core/mac.ts'
import { evidenceOf, hear, openRound, type Round } from '../../../src/core/round.ts'
import { hearing } from '../../../src/core/rounds.ts'
import { begun, cutOf } from '../../../src/core/watch/looks.ts'
import { newSchedule, type Schedule } from '../../../src/core/watch/schedule.ts'
import { NUC_1, NUC_2 } from '../../helpers/cases.ts'
import { ip, OWN_MAC, replyTo } from '../../helpers/segment.ts'

const [US, VIP, HOST, OTHER] = [13, 60, 11, 12].map((last) => ip(`192.168.1.${last}`)) as [Ip, Ip, Ip, Ip]

const opened = (): Round =>
  openRound({
    mac: OWN_MAC,
    senders: new Map([VIP, HOST, OTHER].map((one) => [one, US])),
    timeoutNs: 1_000_000_000n,
  })

/** We ask, and these MACs answer. */
function ask(round: Round, tpa: Ip, to: Mac, ...answerers: Mac[]): void {
  const bytes = encodeArp({
    op: 'who-has',
    ethDst: to,
    ethSrc: OWN_MAC,
    sha: OWN_MAC,
    spa: US,
    tha: ZERO_MAC,
    tpa,
  })
  const question = decodeArp(bytes)
  assert.ok(typeof question !== 'string')
  const frames = [bytes, ...answerers.map((sha) => replyTo(question, { sha }))]
  for (const one of frames) hear(round, { bytes: one, wireLength: 60, atNs: 1n })
}

function askedAt(moments: Partial<Record<string, number>>): Schedule {
  const asks = Object.entries(moments).map(([one, askedAtMs]) => [one, { askedAtMs }])
  return { ...newSchedule(0), asks: new Map(asks as never) }
}

test('a look begins → what was heard of its address before is gone, what was heard of others stays', () => {
  const round = opened()
  ask(round, VIP, BROADCAST_MAC, NUC_1)
  ask(round, HOST, BROADCAST_MAC, NUC_1)
  const next = begun(round, VIP)
  assert.deepEqual([evidenceOf(next, VIP).asked, evidenceOf(next, VIP).answers], [0, []])
  assert.equal(evidenceOf(next, HOST).answers.length, 1)
  ask(next, VIP, BROADCAST_MAC, NUC_2)
  assert.deepEqual(
    evidenceOf(next, VIP).answers.map(({ mac }) => mac),
    [NUC_2],
  )
})

test('an answer to a question to one MAC adds to the evidence of the broadcasts before it (rule 6)', () => {
  const round = begun(opened(), VIP)
  ask(round, VIP, BROADCAST_MAC)
  ask(round, VIP, NUC_1, NUC_1)
  const { answers, unicastAnswers } = evidenceOf(round, VIP)
  assert.deepEqual([answers.length, unicastAnswers.length], [0, 1])
})

test('what was heard before the look proves no hearing: a NIC that went deaf is deaf', () => {
  const round = begun(opened(), VIP)
  ask(round, OTHER, BROADCAST_MAC, NUC_2)
  ask(round, VIP, BROADCAST_MAC)
  const cut = cutOf(round, askedAt({ [OTHER]: 10_000, [VIP]: 40_000 }), 40_000)
  assert.deepEqual([...cut.ledgers.keys()], [VIP])
  assert.equal(hearing([{ round: cut, loss: 'none' }]).hears, false)
})

test('another that answered during the look proves it', () => {
  const round = begun(opened(), VIP)
  ask(round, VIP, BROADCAST_MAC)
  ask(round, OTHER, BROADCAST_MAC, NUC_2)
  const cut = cutOf(round, askedAt({ [OTHER]: 40_200, [VIP]: 40_000 }), 40_000)
  assert.equal(hearing([{ round: cut, loss: 'none' }]).hears, true)
})

test('an address that is not in the plan begins nothing', () => {
  const round = opened()
  assert.equal(begun(round, ip('10.0.0.1')), round)
})
