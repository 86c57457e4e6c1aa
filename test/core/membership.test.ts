import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseIp, type Ip } from '../../src/core/ip.ts'
import {
  differingSince,
  judgeMembership,
  type MembershipCase,
  type MembershipFinding,
} from '../../src/core/membership.ts'
import { LAN, WAN } from '../../src/core/suspicion.ts'
import {
  groupViews,
  quietCluster,
  type Member,
  type PacketReading,
  type Reading,
  type SpeakerReading,
} from '../../src/core/views.ts'

const NAMES = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4'] as const
type Name = (typeof NAMES)[number]

// Four speakers see each other, unless a test says otherwise.

test('four equal views → nothing to say', () => assert.deepEqual(judged({}), []))

test('no views at all → nothing to say of views', () =>
  assert.deepEqual(judged({ readings: [of('nuc-1', { kind: 'silent' })] }), []))

for (const [what, change, severity, graceMs] of [
  ['just now, old speakers', { differingMs: 0 }, 'info', 24_000],
  ['for 23 s, old speakers', { differingMs: 23_000 }, 'info', 1000],
  ['for 24 s, old speakers', { differingMs: 24_000 }, 'error', 0],
  ['for 24 s, one started 30 s ago', { differingMs: 24_000, youngestSpeakerMs: 30_000 }, 'info', 40_000],
  ['for 40 s, one started 70 s ago', { differingMs: 40_000, youngestSpeakerMs: 70_000 }, 'error', 0],
  [
    'for 60 s, nobody knows when they started',
    { differingMs: 60_000, youngestSpeakerMs: null },
    'info',
    10_000,
  ],
  ['for 70 s, nobody knows when they started', { differingMs: 70_000, youngestSpeakerMs: null }, 'error', 0],
  ['for 29 s on a WAN profile of four', { differingMs: 29_000, profile: WAN }, 'info', 1000],
] as const) {
  test(`views that differ ${what} → ARP601 ${severity}, ${graceMs} ms to go`, () => {
    const [finding] = judged({ readings: SPLIT, ...change })
    assert.equal(finding?.code, 'ARP601')
    assert.deepEqual(
      [finding.severity, finding.code === 'ARP601' && finding.facts.graceMs],
      [severity, graceMs],
    )
  })
}

test('a cluster cut in half → who counts whom, and whom not', () => {
  const [finding] = judged({ readings: SPLIT, differingMs: 30_000 })
  assert.deepEqual(finding?.facts, {
    groups: [
      { speakers: ['nuc-1', 'nuc-2'], members: ['nuc-1', 'nuc-2'] },
      { speakers: ['nuc-3', 'nuc-4'], members: ['nuc-3', 'nuc-4'] },
    ],
    disputed: [
      { member: 'nuc-1', countedBy: ['nuc-1', 'nuc-2'], notBy: ['nuc-3', 'nuc-4'], addresses: ['10.0.0.1'] },
      { member: 'nuc-2', countedBy: ['nuc-1', 'nuc-2'], notBy: ['nuc-3', 'nuc-4'], addresses: ['10.0.0.2'] },
      { member: 'nuc-3', countedBy: ['nuc-3', 'nuc-4'], notBy: ['nuc-1', 'nuc-2'], addresses: ['10.0.0.3'] },
      { member: 'nuc-4', countedBy: ['nuc-3', 'nuc-4'], notBy: ['nuc-1', 'nuc-2'], addresses: ['10.0.0.4'] },
    ],
    differingMs: 30_000,
    graceMs: 0,
  })
})

for (const [what, view] of [
  ['suspects a member', { 'nuc-4': { state: 'suspect' } }],
  ['knows a newer incarnation', { 'nuc-4': { incarnation: 9 } }],
] as const) {
  test(`a speaker that ${what} still counts it → no ARP601`, () =>
    assert.deepEqual(
      judged({ readings: readings({ 'nuc-1': viewOf(NAMES, view) }), differingMs: 99_000 }),
      [],
    ))
}

for (const [what, view] of [
  ['calls a member dead', viewOf(NAMES, { 'nuc-4': { state: 'dead' } })],
  ['says that a member left', viewOf(NAMES, { 'nuc-4': { state: 'left' } })],
  ['does not know a member', viewOf(['nuc-1', 'nuc-2', 'nuc-3'])],
  ['knows a member at another address', viewOf(NAMES, { 'nuc-4': { address: parseIp('10.9.9.9')! } })],
] as const) {
  test(`a speaker that ${what} → ARP601`, () =>
    assert.deepEqual(codes({ readings: readings({ 'nuc-1': view }), differingMs: 99_000 }), ['ARP601 error']))
}

test('the clock of a difference starts once, keeps running, and starts anew only after they agreed', () => {
  const equal = readings({})
  assert.equal(differingSince(null, equal, 5), null)
  assert.equal(differingSince(null, SPLIT, 10), 10)
  assert.equal(differingSince(10, SPLIT, 99), 10)
  assert.equal(differingSince(10, equal, 100), null)
})

for (const [memberlist, down, expected] of [
  [
    'off',
    ['nuc-4', 'nuc-2'],
    [{ code: 'ARP602', severity: 'warning', facts: { nodes: ['nuc-2', 'nuc-4'] } }],
  ],
  ['off', [], []],
  ['on', ['nuc-4'], []],
  ['unknown', ['nuc-4'], []],
] as const) {
  test(`memberlist ${memberlist}, ${down.length} candidates down → ${expected[0]?.code ?? 'nothing'}`, () =>
    assert.deepEqual(judged({ readings: [], memberlist, downCandidates: down }), expected))
}

for (const [kind, reachable, vantage, memberlist, expected] of [
  ['refused', true, 'node', 'on', ['ARP603 error']],
  ['no-route', true, 'node', 'on', ['ARP603 error']],
  ['connect-timeout', true, 'node', 'unknown', ['ARP603 error']],
  ['connect-timeout', true, 'outside', 'on', ['ARP603 info']],
  ['connect-timeout', false, 'node', 'on', []], // the node itself is silent
  ['refused', true, 'node', 'off', []], // nothing should listen
  ['silent', true, 'node', 'on', []], // its port is open
  ['closed', true, 'node', 'on', []],
] as const) {
  const host = reachable ? 'answers' : 'is silent'
  test(`7946 ${kind}, the node's address ${host}, from ${vantage}, memberlist ${memberlist} → ${expected.join() || 'nothing'}`, () =>
    assert.deepEqual(
      codes({
        readings: readings({ 'nuc-4': { kind } }),
        reachable: new Set(reachable ? NAMES : []),
        vantage,
        memberlist,
      }),
      expected,
    ))
}

for (const [what, packet, expected] of [
  ['answered', asked('nuc-4', null, 'ack'), null],
  [
    'not answered',
    asked('nuc-4', null, 'timeout'),
    { speaker: 'nuc-4', from: null, seen: 'silent', severity: 'info' },
  ],
  [
    'refused',
    asked('nuc-4', null, 'refused'),
    { speaker: 'nuc-4', from: null, seen: 'refused', severity: 'info' },
  ],
  ['not sent', asked('nuc-4', null, 'failed'), null],
  ['answered for another', asked('nuc-1', 'nuc-2', 'ack'), null],
  [
    'denied for another',
    asked('nuc-1', 'nuc-2', 'nack'),
    { speaker: 'nuc-2', from: 'nuc-1', seen: 'nack', severity: 'error' },
  ],
] as const) {
  test(`a packet ${what}, asked from outside → ${expected ? `ARP603 ${expected.severity}` : 'nothing'}`, () => {
    const found = judged({ packets: [packet], vantage: 'outside' })
    assert.deepEqual(
      found.map(({ code, severity, facts }) => ({ code, severity, facts })),
      expected === null ? [] : [udp(expected)],
    )
  })
}

for (const [what, changes, sealed, expected] of [
  ['all open with one key', {}, true, null],
  ['one has another key', { 'nuc-4': { kind: 'wrong-key' } }, true, 'error'],
  ['one has no key', { 'nuc-4': { kind: 'no-key' } }, true, 'error'],
  ['one has the key of an older MetalLB', { 'nuc-4': sealedView(1) }, true, 'error'],
  ['one answers in the clear', { 'nuc-4': plainView(true) }, true, 'error'],
  ['one is silent', { 'nuc-4': { kind: 'silent' } }, true, null],
  ['none opens', all({ kind: 'wrong-key' }), true, 'warning'],
  ['none has a key', all({ kind: 'no-key' }), true, 'warning'],
  ['all answer in the clear', all(plainView(true)), true, 'warning'],
  ['we asked without a key', all(plainView(false)), false, null],
] as const) {
  test(`${what} → ${expected === null ? 'nothing' : `ARP605 ${expected}`}`, () => {
    const base = readings(sealed ? all(sealedView(0)) : {})
    const changed = base.map((item) => ({ ...item, ...over(item, changes) }))
    assert.deepEqual(codes({ readings: changed, sealed }), expected === null ? [] : [`ARP605 ${expected}`])
  })
}

test('two halves of an upgrade from 0.13 → who opens with which key', () => {
  const changes = { ...all(sealedView(0)), 'nuc-3': sealedView(1), 'nuc-4': { kind: 'wrong-key' } as const }
  const [finding] = judged({ readings: readings(changes), sealed: true })
  assert.deepEqual(finding?.facts, {
    groups: [
      { key: 0, speakers: ['nuc-1', 'nuc-2'] },
      { key: 1, speakers: ['nuc-3'] },
      { key: 'other', speakers: ['nuc-4'] },
    ],
  })
})

for (const [what, items, isQuiet] of [
  ['equal, all alive', readings({}), true],
  ['one suspect', readings(all(viewOf(NAMES, { 'nuc-4': { state: 'suspect' } }))), false],
  [
    'one dead, about whom there may be gossip',
    readings(all(viewOf(NAMES, { 'nuc-4': { state: 'dead' } }))),
    false,
  ],
  ['incarnations that differ', readings({ 'nuc-1': viewOf(NAMES, { 'nuc-4': { incarnation: 2 } }) }), false],
  ['one unread', readings({ 'nuc-1': { kind: 'silent' } }), false],
  ['one alone', readings({}).slice(0, 1), false],
  ['none', [], false],
  ['a speaker that nobody lists', readings(all(viewOf(['nuc-1', 'nuc-2', 'nuc-3']))), false],
] as const) {
  test(`views: ${what} → ${isQuiet ? 'quiet: packets may be sent' : 'no packets'}`, () =>
    assert.equal(quietCluster(items) !== null, isQuiet))
}

test('views are grouped by what they say, whatever the incarnation; the largest group first', () => {
  const views = [
    { speaker: 'a', members: members(['nuc-1', 'nuc-2']) },
    { speaker: 'b', members: members(NAMES) },
    { speaker: 'c', members: members(NAMES, { 'nuc-4': { incarnation: 7 } }) },
    { speaker: 'd', members: members(NAMES, { 'nuc-4': { state: 'suspect' } }) },
  ]
  assert.deepEqual(
    groupViews(views).map(({ speakers }) => speakers),
    [['b', 'c'], ['a'], ['d']],
  )
})

type Changes = Readonly<Partial<Record<Name, Partial<Member>>>>

function members(names: readonly Name[], changes: Changes = {}): Member[] {
  return names.map((name) => ({
    name,
    address: addressOf(name),
    port: 7946,
    state: 'alive' as const,
    incarnation: 1,
    ...changes[name],
  }))
}

function viewOf(names: readonly Name[], changes: Changes = {}): Reading {
  return { kind: 'view', members: members(names, changes), keyIndex: null, unproven: false }
}

function plainView(unproven: boolean): Reading {
  return { kind: 'view', members: members(NAMES), keyIndex: null, unproven }
}

function sealedView(keyIndex: number): Reading {
  return { kind: 'view', members: members(NAMES), keyIndex, unproven: false }
}

function addressOf(name: Name): Ip {
  return parseIp(`10.0.0.${name.at(-1)}`)!
}

function of(name: Name, reading: Reading): SpeakerReading {
  return { speaker: { name, address: addressOf(name), port: 7946 }, reading, tookMs: 1 }
}

/** A reading of each speaker: an undisturbed view where nothing else is said. */
function readings(changes: Readonly<Partial<Record<Name, Reading>>>): SpeakerReading[] {
  return NAMES.map((name) => of(name, changes[name] ?? viewOf(NAMES)))
}

function all(reading: Reading): Record<Name, Reading> {
  return { 'nuc-1': reading, 'nuc-2': reading, 'nuc-3': reading, 'nuc-4': reading }
}

function over({ speaker }: SpeakerReading, changes: Readonly<Partial<Record<Name, Reading>>>) {
  const reading = changes[speaker.name as Name]
  return reading ? { reading } : {}
}

const HALVES = [viewOf(['nuc-1', 'nuc-2']), viewOf(['nuc-3', 'nuc-4'])] as const
const SPLIT = readings({ 'nuc-1': HALVES[0], 'nuc-2': HALVES[0], 'nuc-3': HALVES[1], 'nuc-4': HALVES[1] })

function asked(speaker: Name, target: Name | null, result: PacketReading['result']): PacketReading {
  return { asked: speaker, target, result, tookMs: 1 }
}

function udp({
  severity,
  ...facts
}: {
  severity: string
  speaker: string
  from: string | null
  seen: string
}) {
  return { code: 'ARP603', severity, facts: { protocol: 'udp', port: 7946, ...facts } }
}

function judged(change: Partial<MembershipCase>): MembershipFinding[] {
  return judgeMembership({
    readings: readings({}),
    packets: [],
    memberlist: 'on',
    profile: LAN,
    sealed: false,
    differingMs: 0,
    youngestSpeakerMs: 3_600_000,
    downCandidates: [],
    vantage: 'node',
    reachable: new Set(NAMES),
    ...change,
  })
}

function codes(change: Partial<MembershipCase>): string[] {
  return judged(change).map(({ code, severity }) => `${code} ${severity}`)
}
