import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeArp, type ArpFrame, type CapturedFrame } from '../../src/core/arp.ts'
import { askerOf } from '../../src/core/asker.ts'
import { BROADCAST_MAC, ZERO_MAC } from '../../src/core/mac.ts'
import { cutShort, hostInCapture, type Place } from '../../src/core/replayed.ts'
import { ip, mac } from '../helpers/segment.ts'

const NUC3 = mac('1c:69:7a:aa:03:10')
const OWNER = mac('1c:69:7a:aa:04:10')
const [VIP, ROUTER, OTHER] = [ip('192.168.1.60'), ip('192.168.1.1'), ip('192.168.1.9')]

function whoHas(tpa = VIP, change: Partial<ArpFrame> = {}): CapturedFrame {
  const own = { ethSrc: NUC3, sha: NUC3, spa: ip('192.168.1.13') }
  return captured({ op: 'who-has', ethDst: BROADCAST_MAC, ...own, tha: ZERO_MAC, tpa, ...change })
}

function isAt(spa = VIP, to = NUC3): CapturedFrame {
  return captured({
    op: 'reply',
    ethDst: to,
    ethSrc: OWNER,
    sha: OWNER,
    spa,
    tha: to,
    tpa: ip('192.168.1.13'),
  })
}

function captured(frame: ArpFrame): CapturedFrame {
  return { bytes: encodeArp(frame), wireLength: 42, atNs: 1n }
}

const PLACE: Place = { hostname: 'a.pcap', interface: 'eno1', addresses: [], note: null }

function hostOf(...frames: CapturedFrame[]) {
  return hostAt(PLACE, ...frames)
}

function hostAt(place: Place, ...frames: CapturedFrame[]) {
  const asker = askerOf(frames, [VIP])
  assert.ok(!('problem' in asker))
  return hostInCapture(frames, asker, new Set([VIP]), place)
}

test('who asks in a capture becomes a host with one interface that reaches everything', () => {
  const { hostname, links } = hostOf(whoHas())
  assert.equal(hostname, 'a.pcap')
  assert.deepEqual(
    links.map(({ name, mac: own, addresses }) => ({ name, own, addresses })),
    [{ name: 'eno1', own: NUC3, addresses: [{ ip: '192.168.1.13', bits: 0 }] }],
  )
})

test('who asks from 0.0.0.0 has no address', () =>
  assert.deepEqual(hostOf(whoHas(VIP, { spa: ip('0.0.0.0') })).links[0]!.addresses, []))

for (const [title, frames, gateways] of [
  [
    'another address that it asked for and was answered proves that the capture hears',
    [whoHas(ROUTER), isAt(ROUTER)],
    [ROUTER],
  ],
  ['one that was not answered proves nothing', [whoHas(ROUTER)], []],
  ['one that it did not ask for proves nothing', [isAt(ROUTER)], []],
  ['a reply to somebody else proves nothing', [whoHas(ROUTER), isAt(ROUTER, mac('02:00:00:00:00:09'))], []],
  ['the VIP itself is no proof beside itself', [isAt(VIP)], []],
  [
    'of several the first that was answered',
    [whoHas(ROUTER), whoHas(OTHER), isAt(OTHER), isAt(ROUTER)],
    [OTHER],
  ],
] as const) {
  test(title, () =>
    assert.deepEqual(
      hostOf(whoHas(), ...frames).gateways,
      gateways.map((found) => ({ ip: found, interface: 'eno1' })),
    ),
  )
}

const NOTE = { node: 'nuc-3', gateways: [ROUTER], listeners: [], macs: [], own: [] }

test('the interface’s own addresses stand for the sender’s', () => {
  const addresses = [
    { ip: ip('192.168.1.13'), bits: 24 },
    { ip: ip('10.0.0.3'), bits: 8 },
  ]
  assert.deepEqual(hostAt({ ...PLACE, addresses }, whoHas()).links[0]!.addresses, addresses)
})

test('a host that says its name and gateway needs no proof', () => {
  const { hostname, gateways } = hostAt({ ...PLACE, note: NOTE }, whoHas(), whoHas(OTHER), isAt(OTHER))
  assert.deepEqual([hostname, gateways], ['nuc-3', [{ ip: ROUTER, interface: 'eno1' }]])
})

test('its other MACs and addresses are its own, and nothing is asked from there', () => {
  const { links } = hostAt({ ...PLACE, note: { ...NOTE, macs: [OWNER], own: [VIP] } }, whoHas())
  assert.deepEqual(
    links.slice(1).map(({ mac: own, addresses, up, loopback }) => [own, addresses, up && !loopback]),
    [
      [OWNER, [], false],
      [null, [{ ip: VIP, bits: 32 }], false],
    ],
  )
})

test('who listened for ARP then, listens on the interface', () => {
  const speaker = { pid: 812, name: 'speaker' }
  assert.deepEqual(
    hostAt({ ...PLACE, note: { ...NOTE, listeners: [speaker] } }, whoHas()).arpListeners.map(
      ({ process }) => process,
    ),
    [speaker],
  )
})

for (const [title, endMs, frames, cut] of [
  ['ended in time for one question', 1000, [whoHas()], []],
  ['ended in time, by a clock that is slow by milliseconds', 990, [whoHas()], []],
  ['ended too early', 900, [whoHas()], [VIP]],
  ['ended too early, but it was answered', 900, [whoHas(), isAt()], []],
  ['ended too early; a reply to somebody else is none', 900, [whoHas(), isAt(VIP, OWNER)], [VIP]],
  ['does not say when it ended', null, [whoHas()], []],
  ['has no stamps', 900, [{ ...whoHas(), atNs: null }], []],
] as const) {
  test(`a capture that ${title} → ${JSON.stringify(cut)} cut short`, () => {
    const asker = askerOf(frames, [VIP])
    assert.ok(!('problem' in asker))
    const endNs = endMs === null ? null : BigInt(endMs) * 1_000_000n
    assert.deepEqual(cutShort(frames, asker, { endNs, timeoutNs: 1_000_000_000n }), cut)
  })
}
