import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTargets, type Target, type TargetProblem } from '../../src/core/targets.ts'

const A = '1c:69:7a:aa:04:10'
const B = '1c:69:7a:aa:01:10'

function targets(...texts: string[]): string[] {
  const read = readTargets(texts, { confirmed: false })
  assert.ok(!('message' in read), 'message' in read ? read.message : '')
  return read.map((target: Target) => `${target.vip}=${target.node ?? target.macs?.join('+') ?? 'any'}`)
}

function refused(texts: readonly string[], confirmed = false): TargetProblem {
  const read = readTargets(texts, { confirmed })
  assert.ok('message' in read, 'was accepted')
  return read
}

for (const [typed, read] of [
  ['192.168.1.60', ['192.168.1.60=any']],
  [`192.168.1.60=${A}`, [`192.168.1.60=${A}`]],
  ['192.168.1.60=1C-69-7A-AA-04-10', [`192.168.1.60=${A}`]],
  ['192.168.1.60=1c69.7aaa.0410', [`192.168.1.60=${A}`]],
  [`192.168.1.60=${A}+${B}`, [`192.168.1.60=${B}+${A}`]],
  [`192.168.1.60=${A}=${B}`, [`192.168.1.60=${B}+${A}`]],
  [`192.168.1.60=${A}+${A}`, [`192.168.1.60=${A}`]],
  ['192.168.1.60=nuc-4', ['192.168.1.60=nuc-4']],
  ['192.168.1.60= nuc-4.lan ', ['192.168.1.60=nuc-4.lan']],
  ['192.168.1.60-61=nuc-4', ['192.168.1.60=nuc-4', '192.168.1.61=nuc-4']],
  ['192.168.1.60=1c697aaa0410', [`192.168.1.60=${A}`]],
  [
    '192.168.1.254-192.168.2.1',
    ['192.168.1.254=any', '192.168.1.255=any', '192.168.2.0=any', '192.168.2.1=any'],
  ],
  ['192.168.1.60-62', ['192.168.1.60=any', '192.168.1.61=any', '192.168.1.62=any']],
  ['192.168.1.60 - 192.168.1.61', ['192.168.1.60=any', '192.168.1.61=any']],
  ['192.168.1.60-60', ['192.168.1.60=any']],
  [`192.168.1.60-61=${A}`, [`192.168.1.60=${A}`, `192.168.1.61=${A}`]],
  ['192.168.1.77/31', ['192.168.1.76=any', '192.168.1.77=any']],
  ['192.168.1.77/32', ['192.168.1.77=any']],
  ['2001:DB8::60', ['2001:db8::60=any']],
  [`2001:db8::60=${A}`, [`2001:db8::60=${A}`]],
  ['2001:db8::60/128', ['2001:db8::60=any']],
  ['255.255.255.254', ['255.255.255.254=any']],
] as const) {
  test(`${typed} asks for ${read.join(' ')}`, () => assert.deepEqual(targets(typed), read))
}

test('an address typed twice is asked for once, and the typed owner is kept', () => {
  assert.deepEqual(targets('10.0.0.1', '10.0.0.1'), ['10.0.0.1=any'])
  assert.deepEqual(targets('10.0.0.1', `10.0.0.1=${A}`), [`10.0.0.1=${A}`])
  assert.deepEqual(targets(`10.0.0.1=${A}`, '10.0.0.0/30'), [
    `10.0.0.1=${A}`,
    '10.0.0.0=any',
    '10.0.0.2=any',
    '10.0.0.3=any',
  ])
  assert.deepEqual(targets(`10.0.0.1=${A}+${B}`, `10.0.0.1=${B}+${A}`), [`10.0.0.1=${B}+${A}`])
})

for (const [typed, message] of [
  ['', 'An address is empty.'],
  ['192.168.1.999', '"192.168.1.999" is not an IP address.'],
  ['192.168.1', '"192.168.1" is not an IP address.'],
  ['192.168.01.1', '"192.168.01.1" is not an IP address.'],
  ['gitea.lan', '"gitea.lan" is not an IP address.'],
  ['10.0.0.1,10.0.0.2', '"10.0.0.1,10.0.0.2" is not an address.'],
  ['fe80::1%eno1', '"fe80::1%eno1" has a zone.'],
  ['192.168.1.0/33', '"192.168.1.0/33" is not a network.'],
  ['192.168.1.0/', '"192.168.1.0/" is not a network.'],
  ['http://192.168.1.60', '"http://192.168.1.60" is not a network.'],
  ['2001:db8::/64', '"2001:db8::/64": IPv6 networks are not swept.'],
  ['2001:db8::1-2001:db8::5', '"2001:db8::1-2001:db8::5": IPv6 ranges are not swept.'],
  ['10.0.0.1-2001:db8::5', '"10.0.0.1-2001:db8::5": IPv6 ranges are not swept.'],
  ['192.168.1.60-59', '"192.168.1.60-59" ends before it begins.'],
  ['192.168.1.60-256', '"192.168.1.60-256" is not a range.'],
  ['192.168.1.60-', '"192.168.1.60-" is not a range.'],
  ['192.168.1.60-1.2-3', '"192.168.1.60-1.2-3" is not a range.'],
  ['0.0.0.0', '"0.0.0.0" holds addresses that no machine can own.'],
  ['127.0.0.1', '"127.0.0.1" holds addresses that no machine can own.'],
  ['224.0.0.251', '"224.0.0.251" holds addresses that no machine can own.'],
  ['255.255.255.255', '"255.255.255.255" holds addresses that no machine can own.'],
  ['126.255.255.0-127.0.0.1', '"126.255.255.0-127.0.0.1" holds addresses that no machine can own.'],
  ['::', '"::" is an address that no machine can own.'],
  ['::1', '"::1" is an address that no machine can own.'],
  ['ff02::1', '"ff02::1" is an address that no machine can own.'],
  [`=${A}`, 'An address is empty.'],
  ['192.168.1.60=', '"192.168.1.60=" names no owner.'],
  [`192.168.1.60=${A}+`, '"192.168.1.60=" names no owner.'],
  ['192.168.1.60=Nuc_4', '"Nuc_4" is neither a MAC nor the name of a node.'],
  ['192.168.1.60=1c:69:7a:aa:04:1g', '"1c:69:7a:aa:04:1g" is neither a MAC nor the name of a node.'],
  ['192.168.1.60=nuc-4+nuc-1', '"nuc-4" is not a MAC, and only MACs can be joined by +.'],
  [`192.168.1.60=${A}+nuc-1`, '"nuc-1" is not a MAC, and only MACs can be joined by +.'],
  [`192.168.1.60=${'n'.repeat(254)}`, `"${'n'.repeat(60)}…" is neither a MAC nor the name of a node.`],
  ['192.168.1.60=00:00:00:00:00:00', '"00:00:00:00:00:00" is no machine\'s MAC: it is zero.'],
  ['192.168.1.60=ff:ff:ff:ff:ff:ff', '"ff:ff:ff:ff:ff:ff" is no machine\'s MAC: it is a group address.'],
] as const) {
  test(`${JSON.stringify(typed)} is refused: ${message}`, () =>
    assert.equal(refused([typed]).message, message))
}

test('two different owners for one address contradict each other, and the remedy joins them', () => {
  const { message, remedy } = refused([`10.0.0.1=${A}`, `10.0.0.1=${B}`])
  assert.equal(message, `10.0.0.1 is given two different owners: ${A} and ${B}.`)
  assert.match(remedy[0]!, new RegExp(`10\\.0\\.0\\.1=${A}\\+${B}$`))
})

test('a node and a MAC for one address contradict each other, and so do two nodes; the same node does not', () => {
  assert.match(refused([`10.0.0.1=${A}`, '10.0.0.1=nuc-4']).message, /two different owners: .* and nuc-4\.$/)
  assert.match(refused(['10.0.0.1=nuc-1', '10.0.0.1=nuc-4']).message, /owners: nuc-1 and nuc-4\.$/)
  assert.deepEqual(targets('10.0.0.1=nuc-4', '10.0.0.1', '10.0.0.1=nuc-4'), ['10.0.0.1=nuc-4'])
})

test('4,096 addresses are asked for, 4,097 only when confirmed', () => {
  assert.equal(targets('10.0.0.0/20').length, 4096)
  assert.match(refused(['10.0.0.0/20', '10.1.0.1']).message, /^That is 4097 addresses/)
  assert.equal((readTargets(['10.0.0.0/20', '10.1.0.1'], { confirmed: true }) as Target[]).length, 4097)
})

test('65,536 addresses are the most, confirmed or not', () => {
  assert.equal((readTargets(['10.0.0.0/16'], { confirmed: true }) as Target[]).length, 65_536)
  assert.match(refused(['10.0.0.0/15'], true).message, /^That is 131072 addresses, more than the 65536/)
  assert.match(refused(['10.0.0.0/16', '10.1.0.0'], true).message, /^These are more than the 65536/)
})

test('a name is answered with the command that looks it up', () => {
  assert.match(refused(['gitea.lan']).remedy[0]!, /getent hosts gitea\.lan$/)
  assert.match(refused(['$(reboot)']).remedy[0]!, /^one address/)
})
