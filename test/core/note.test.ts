import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { noteText, readNote } from '../../src/core/note.ts'
import { hostFacts, ip, link, mac, OWN_MAC } from '../helpers/segment.ts'

const VIP = ip('192.168.1.60')
const SPEAKER = { pid: 812, name: 'speaker' }
const listener = (name: string | null) => ({ interface: name, inode: 7, process: SPEAKER })

function noteOf(...[facts, asked = [VIP]]: [Parameters<typeof noteText>[0], (typeof VIP)[]?]) {
  return readNote(noteText(facts, 'eno1', asked))
}

const PLAIN = { node: 'nuc-3', gateways: ['192.168.1.1'], listeners: [], macs: [], own: [] }

for (const [title, facts, change] of [
  ['a host with one NIC', hostFacts(), {}],
  [
    'gateways of this interface, IPv4 alone',
    hostFacts({
      gateways: [
        { ip: ip('10.0.0.1'), interface: 'eno2' },
        { ip: ip('fe80::1'), interface: 'eno1' },
        { ip: ip('192.168.1.9'), interface: 'eno1' },
      ],
    }),
    { gateways: ['192.168.1.9'] },
  ],
  [
    'who listens here or everywhere, not elsewhere',
    hostFacts({ arpListeners: [listener('eno1'), listener('eno2'), { ...listener(null), process: null }] }),
    { listeners: [SPEAKER, null] },
  ],
  [
    'other MACs, each once',
    hostFacts({
      links: [
        link(),
        link({ name: 'eno2', mac: mac('02:00:00:00:00:02') }),
        link({ name: 'v7', mac: mac('02:00:00:00:00:02') }),
        link({ name: 'tun0', mac: null }),
        link({ name: 'mv0', mac: OWN_MAC }),
      ],
    }),
    { macs: ['02:00:00:00:00:02'] },
  ],
  [
    'of its addresses those that were asked for',
    hostFacts({ links: [link({ addresses: [VIP, ip('10.0.0.7')].map((one) => ({ ip: one, bits: 32 })) })] }),
    { own: [VIP] },
  ],
] as const) {
  test(`${title}: what is noted is what is read`, () =>
    assert.deepEqual(noteOf(facts), { ...PLAIN, ...change }))
}

test('of ten thousand MACs a thousand are noted: the text fits into an option of 65,535 bytes', () => {
  const links = Array.from({ length: 10_000 }, (_, i) =>
    link({ name: `veth${i}`, mac: mac(i.toString(16).padStart(12, '0')) }),
  )
  const asked = Array.from({ length: 10_000 }, (_, i) => ip(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`))
  const held = link({ addresses: asked.map((one) => ({ ip: one, bits: 32 })) })
  const text = noteText(hostFacts({ links: [held, ...links] }), 'eno1', asked)
  const { macs, own } = readNote(text)!
  assert.deepEqual([macs.length, own.length], [1000, 1000])
  assert.ok(text.length < 65_536, `${text.length}`)
})

for (const [title, text] of [
  ['somebody else’s comment', 'taken at the switch'],
  ['the mark alone', 'arpcheck.io/v1 '],
  ['a list', 'arpcheck.io/v1 []'],
  ['null', 'arpcheck.io/v1 null'],
  ['a number for a name', 'arpcheck.io/v1 {"node":7}'],
  ['no name', 'arpcheck.io/v1 {"node":""}'],
  ['another version', 'arpcheck.io/v2 {"node":"nuc-3"}'],
] as const) {
  test(`${title} → no note`, () => assert.equal(readNote(text), null))
}

test('what is wrong in a note is left out, the rest is read', () => {
  const note = {
    node: 'nuc-3',
    gateways: ['192.168.1.1', 'x', 7, 'fe80::1'],
    listeners: [{ pid: 1, name: 'a' }, { pid: 'x', name: 'b' }, null, 7],
    macs: 'none',
    own: [null],
  }
  assert.deepEqual(readNote(`arpcheck.io/v1 ${JSON.stringify(note)}`), {
    ...PLAIN,
    listeners: [{ pid: 1, name: 'a' }, null, null, null],
  })
})

test('no text makes the reader throw', () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.jsonValue().map((value) => JSON.stringify({ node: 'a', macs: value })),
      ),
      (text) => {
        readNote(text)
        readNote(`arpcheck.io/v1 ${text}`)
      },
    ),
  ))
