import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ArpFrame } from '../../../src/core/arp.ts'
import { BROADCAST_MAC, ZERO_MAC } from '../../../src/core/mac.ts'
import { heardOf, sightingOf, type Ears } from '../../../src/core/watch/passive.ts'
import { NODE_OF, NUC_1, NUC_2, STRANGER } from '../../helpers/cases.ts'
import { ip, mac, OWN_MAC } from '../../helpers/segment.ts'

const VIP = ip('192.168.1.60')
const [CLIENT, CLIENT_IP] = [mac('08:00:27:00:00:09'), ip('192.168.1.99')]
const UNKNOWN = mac('02:00:00:00:00:77')
const AT = { ms: 7, ns: 7_000_000n }

/** We are nuc-3, and nuc-1 should answer. */
const EARS: Ears = {
  ownMacs: new Set([OWN_MAC]),
  ownNode: 'nuc-3',
  macs: { nodeOf: NODE_OF, foreign: new Set([STRANGER]) },
  knowsAll: false,
  mayAnswer: (vip) => (vip === VIP ? { nodes: ['nuc-1'], macs: [] } : undefined),
}
const MINE: Ears = { ...EARS, mayAnswer: () => ({ nodes: ['nuc-3'], macs: [] }) }
const GIVEN: Ears = { ...EARS, mayAnswer: () => ({ nodes: [], macs: [UNKNOWN] }) }

const reply = (sha: typeof NUC_1, tha = OWN_MAC, spa = VIP): ArpFrame => ({
  op: 'reply',
  ethDst: tha,
  ethSrc: sha,
  sha,
  spa,
  tha,
  tpa: CLIENT_IP,
})
const gratuitous = (sha: typeof NUC_1, op: ArpFrame['op'] = 'reply'): ArpFrame => ({
  op,
  ethDst: BROADCAST_MAC,
  ethSrc: sha,
  sha,
  spa: VIP,
  tha: BROADCAST_MAC,
  tpa: VIP,
})
const whoHas = (sha: typeof NUC_1, spa = CLIENT_IP): ArpFrame => ({
  ...reply(sha),
  op: 'who-has',
  spa,
  tha: ZERO_MAC,
  tpa: VIP,
})

for (const [title, frame, ears, expected] of [
  ['a reply to us of the node that should', reply(NUC_1), EARS, 'reply expected nuc-1'],
  ['a reply to us of another node', reply(NUC_2), EARS, 'reply other_node nuc-2'],
  ['a reply to us of what is no node', reply(STRANGER), EARS, 'reply foreign null'],
  ['a reply to us of nobody that is known', reply(UNKNOWN), EARS, 'reply unattributed null'],
  ['the same where all NICs are known', reply(UNKNOWN), { ...EARS, knowsAll: true }, 'reply foreign null'],
  ['a reply to us of the MAC that was given', reply(UNKNOWN), GIVEN, 'reply expected null'],
  ['a reply to a client', reply(NUC_1, CLIENT), EARS, 'overheard expected nuc-1'],
  ['our own speaker answers a client', reply(OWN_MAC, CLIENT), MINE, 'overheard expected nuc-3'],
  ['our own speaker answers, and should not', reply(OWN_MAC, CLIENT), EARS, 'overheard other_node nuc-3'],
  ['an announcement, as a reply', gratuitous(NUC_1), EARS, 'gratuitous expected nuc-1'],
  ['an announcement, as a request', gratuitous(NUC_1, 'who-has'), EARS, 'gratuitous expected nuc-1'],
  ['our own speaker announces', gratuitous(OWN_MAC), MINE, 'gratuitous expected nuc-3'],
  ['a stranger announces', gratuitous(STRANGER), EARS, 'gratuitous foreign null'],
  ['a client asks', whoHas(CLIENT), EARS, 'nothing'],
  ['we ask', whoHas(OWN_MAC), EARS, 'nothing'],
  ['somebody asks in the name of the VIP', { ...whoHas(CLIENT, VIP), tpa: CLIENT_IP }, EARS, 'nothing'],
  ['a reply about another address', reply(NUC_1, OWN_MAC, CLIENT_IP), EARS, 'nothing'],
] as const) {
  test(`${title} → ${expected}`, () => {
    const seen = sightingOf(frame, AT, ears)
    assert.equal(seen ? `${seen.how} ${seen.relation} ${seen.node}` : 'nothing', expected)
    if (seen) assert.deepEqual(seen.at, AT)
  })
}

test('for the schedule only who is expected counts as expected', () => {
  const [right, wrong] = [reply(NUC_1), reply(UNKNOWN)].map((frame) => heardOf(sightingOf(frame, AT, EARS)!))
  assert.deepEqual(right, { ip: VIP, mac: NUC_1, how: 'reply', isExpected: true })
  assert.deepEqual(wrong, { ip: VIP, mac: UNKNOWN, how: 'reply', isExpected: false })
})
