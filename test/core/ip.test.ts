import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareIps, contains, ipv4Number, ipv4Of, parseIp, parsePrefix } from '../../src/core/ip.ts'

for (const [text, canonical] of [
  ['192.168.1.60', '192.168.1.60'],
  ['0.0.0.0', '0.0.0.0'],
  ['2001:DB8:0:0:0:0:0:60', '2001:db8::60'],
  ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
  ['2001:0:0:1:0:0:1:1', '2001::1:0:0:1:1'],
  ['1:2:3:4:5:6:0:8', '1:2:3:4:5:6:0:8'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::1.2.3.4', '::102:304'],
] as const) {
  test(`${text} reads as ${canonical}, as Go prints it`, () => assert.equal(parseIp(text), canonical))
}

for (const text of [
  '',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.4 ',
  '1:2',
  '1::2::3',
  ':::',
  '12345::',
  '::1%eth0',
  '1.2.3.4::',
]) {
  test(`${JSON.stringify(text)} is no address`, () => assert.equal(parseIp(text), undefined))
}

test('addresses sort by number, IPv4 before IPv6', () => {
  const ips = ['192.168.1.100', '2001:db8::1', '192.168.1.9', '10.0.0.1'].map((text) => parseIp(text)!)
  assert.deepEqual(ips.sort(compareIps), ['10.0.0.1', '192.168.1.9', '192.168.1.100', '2001:db8::1'])
})

test('a prefix keeps no host bits and holds its first and last address alone', () => {
  const prefix = parsePrefix('192.168.1.77/26')!
  assert.equal(prefix.base, '192.168.1.64')
  for (const [text, inside] of [
    ['192.168.1.64', true],
    ['192.168.1.127', true],
    ['192.168.1.63', false],
    ['192.168.1.128', false],
    ['::1', false],
  ] as const) {
    assert.equal(contains(prefix, parseIp(text)!), inside, text)
  }
})

for (const [text, inside, outside] of [
  ['0.0.0.0/0', '255.255.255.255', '::1'],
  ['128.0.0.0/1', '255.0.0.1', '127.255.255.255'],
  ['255.255.255.255/32', '255.255.255.255', '255.255.255.254'],
  ['2001:db8::/33', '2001:db8:7fff::1', '2001:db8:8000::1'],
] as const) {
  test(`${text} holds ${inside} and not ${outside}`, () => {
    const prefix = parsePrefix(text)!
    assert.equal(`${prefix.base}/${prefix.bits}`, text)
    assert.deepEqual(
      [inside, outside].map((one) => contains(prefix, parseIp(one)!)),
      [true, false],
    )
  })
}

for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', 'x/8']) {
  test(`${text} is no prefix`, () => assert.equal(parsePrefix(text), undefined))
}

test('an IPv4 address and its number convert both ways', () => {
  for (const text of ['0.0.0.0', '10.20.30.40', '255.255.255.255'])
    assert.equal(ipv4Of(ipv4Number(parseIp(text)!)), text)
})
