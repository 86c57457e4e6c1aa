import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeArp, encodeArp, type ArpFrame } from '../../../src/core/arp.ts'
import { BROADCAST_MAC, ZERO_MAC, type Mac } from '../../../src/core/mac.ts'
import { hearing, mergeEvidence } from '../../../src/core/rounds.ts'
import {
  answeredLast,
  begin,
  end,
  keepOnly,
  newLooks,
  pastFor,
  takeFrame,
  withBeside,
  type Looks,
} from '../../../src/core/watch/address-looks.ts'
import { ip, mac, OWN_MAC, replyTo } from '../../helpers/segment.ts'

const [VIP, NODE, OWN] = [ip('192.168.1.60'), ip('192.168.1.14'), ip('192.168.1.13')]
const OTHER = ip('192.168.1.11')
const NUC4 = mac('1c:69:7a:aa:04:10')
const NOTHING_LOST = { frames: 0, lost: 0, naps: 0 }

/** One look: asked, and answered where somebody answers. */
function look(
  looks: Looks<null>,
  address: typeof VIP,
  atMs: number,
  answerer: Mac | null,
  to = BROADCAST_MAC,
  lost = 0,
  frames = 1000,
): void {
  const mode = to === BROADCAST_MAC ? 'broadcast' : 'unicast'
  const plan = { mac: OWN_MAC, senders: new Map([[address, OWN]]), timeoutNs: 1_000_000_000n }
  begin(looks, { ip: address, mode, plan, context: null }, atMs, NOTHING_LOST)
  const question = encodeArp({
    op: 'who-has',
    ethDst: to,
    ethSrc: OWN_MAC,
    sha: OWN_MAC,
    spa: OWN,
    tha: ZERO_MAC,
    tpa: address,
  })
  hear(looks, question, atMs)
  if (answerer) hear(looks, replyTo(decodeArp(question) as ArpFrame, { sha: answerer }), atMs + 1)
  end(looks, address, atMs + 1000, { frames, lost, naps: 0 })
}

function hear(looks: Looks<null>, bytes: Uint8Array, atMs: number): void {
  const atNs = BigInt(atMs) * 1_000_000n
  takeFrame(looks, decodeArp(bytes) as ArpFrame, { bytes, wireLength: bytes.length, atNs })
}

test('silence beside an answer → heard; far from any → not', () => {
  const looks = newLooks<null>()
  look(looks, NODE, 0, NUC4)
  look(looks, VIP, 1000, null)
  assert.equal(hearing(pastFor(looks, VIP)).hears, true)
  look(looks, VIP, 30_000, null)
  assert.equal(hearing(pastFor(looks, VIP)).hears, false)
})

test('an older answer of another address stays known, whenever it came', () => {
  const looks = newLooks<null>()
  look(looks, NODE, 0, NUC4)
  look(looks, VIP, 30_000, NUC4)
  assert.deepEqual(
    mergeEvidence(pastFor(looks, VIP), NODE).answers.map((one) => one.mac),
    [NUC4],
  )
})

test('a question to one MAC counts only where it came after the broadcast (ARP107)', () => {
  const looks = newLooks<null>()
  look(looks, VIP, 0, NUC4, NUC4)
  look(looks, VIP, 5000, null)
  assert.equal(mergeEvidence(pastFor(looks, VIP), VIP).unicastAnswers.length, 0)
  look(looks, VIP, 10_000, NUC4, NUC4)
  assert.equal(mergeEvidence(pastFor(looks, VIP), VIP).unicastAnswers.length, 1)
})

for (const [title, after, loss] of [
  ['no frame was lost', { frames: 1100, lost: 3, naps: 0 }, 'none'],
  ['one in a hundred', { frames: 1100, lost: 4, naps: 0 }, 'few'],
  ['two in a hundred', { frames: 1100, lost: 5, naps: 0 }, 'lost'],
  ['the only one', { frames: 1001, lost: 4, naps: 0 }, 'lost'],
  ['nobody listened for a while', { frames: 1100, lost: 3, naps: 1 }, 'few'],
  ['nobody counts', null, 'uncounted'],
] as const)
  test(`${title} while it was listened → ${loss}`, () => {
    const looks = newLooks<null>()
    const plan = { mac: OWN_MAC, senders: new Map([[VIP, OWN]]), timeoutNs: 1n }
    const before = { frames: 1000, lost: 3, naps: 0 }
    begin(looks, { ip: VIP, mode: 'broadcast', plan, context: null }, 0, before)
    assert.equal(end(looks, VIP, 1000, after)?.loss, loss)
    assert.equal(end(looks, VIP, 2000, after), undefined)
  })

const [FEW, MANY] = [10, 11]
for (const [title, witness, losses, expected] of [
  ['one look lost frames, though all else is heard', NUC4, [FEW], 'few'],
  ['two did', NUC4, [FEW, FEW], 'few'],
  ['three in a row did, each beside an answer', NUC4, [FEW, FEW, FEW], 'none'],
  ['three did, with one between them that did not', NUC4, [FEW, FEW, 0, FEW], 'few'],
  ['three did, and heard nobody', null, [FEW, FEW, FEW], 'few'],
  ['six in a flood, each beside an answer', NUC4, Array.from({ length: 6 }, () => MANY), 'lost'],
  ['three did, one of them in a flood', NUC4, [FEW, MANY, FEW], 'few'],
] as const) {
  test(`${title} → ${expected} (rule 1)`, () => {
    const looks = newLooks<null>()
    look(looks, OTHER, 0, NUC4)
    look(looks, OTHER, 1, NUC4, NUC4)
    for (const [i, lost] of losses.entries()) {
      look(looks, NODE, 30_000 * (i + 1), witness)
      look(looks, VIP, 30_000 * (i + 1) + 500, null, BROADCAST_MAC, lost)
    }
    assert.equal(hearing(pastFor(looks, VIP)).loss, expected)
  })
}

test('the last look tells whether an address answers; what is asked no more is forgotten', () => {
  const looks = newLooks<null>()
  assert.equal(answeredLast(looks, NODE), null)
  look(looks, NODE, 0, NUC4)
  look(looks, NODE, 5000, null, NUC4)
  assert.equal(answeredLast(looks, NODE), false)
  keepOnly(looks, new Set([VIP]))
  assert.equal(answeredLast(looks, NODE), null)
})

test('somebody answers for a free address → known, and no proof that a vantage hears that was asked nothing else', () => {
  const looks = newLooks<null>()
  const free = ip('192.168.1.70')
  look(looks, free, 0, NUC4)
  const beside = pastFor(looks, free).at(-1)!
  assert.deepEqual(withBeside([], beside), [])
  look(looks, VIP, 30_000, null)
  keepOnly(looks, new Set([VIP]))
  const past = withBeside(pastFor(looks, VIP), beside)
  assert.deepEqual(
    [mergeEvidence(past, free).answers.map((one) => one.mac), hearing(past).hears],
    [[NUC4], false],
  )
})
