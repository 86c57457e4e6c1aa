import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeArp, type ArpFrame, type CapturedFrame } from '../../src/core/arp.ts'
import { askerOf } from '../../src/core/asker.ts'
import { BROADCAST_MAC, ZERO_MAC } from '../../src/core/mac.ts'
import { hostInCapture } from '../../src/core/replayed.ts'
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

function hostOf(...frames: CapturedFrame[]) {
  const asker = askerOf(frames, [VIP])
  assert.ok(!('problem' in asker))
  return hostInCapture(frames, asker, new Set([VIP]), { hostname: 'a.pcap', interface: 'eno1' })
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
