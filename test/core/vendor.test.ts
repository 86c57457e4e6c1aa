import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding } from '../../src/core/findings.ts'
import type { AnswerReport, Report } from '../../src/core/report.ts'
import { hasStrangers, vendorIn, vendorText, withVendors } from '../../src/core/vendor.ts'
import { tell } from '../cli/stories.ts'
import { BOARD } from '../helpers/nucs.ts'
import { mac } from '../helpers/segment.ts'

const LIST = '00000c First\n1c697a Large\n1c697aa Middle\n1c697aaa0 Small\nfffffc Last\n'

for (const [address, vendor] of [
  ['00:00:0c:01:02:03', 'First'],
  ['1c:69:7a:01:02:03', 'Large'],
  ['1c:69:7a:ab:02:03', 'Middle'],
  ['1c:69:7a:aa:02:03', 'Small'],
  ['fc:ff:fc:01:02:03', null],
  ['00:00:00:01:02:03', null],
  ['00:00:0d:01:02:03', null],
  ['02:00:00:01:02:03', 'random or locally administered'],
  ['ea:4f:28:01:02:03', 'random or locally administered'],
  ['01:00:5e:01:02:03', 'multicast, which no sender may have'],
  ['ff:ff:ff:ff:ff:ff', 'multicast, which no sender may have'],
] as const) {
  test(`${address} → ${vendor}: of the prefixes that are known the longest counts`, () =>
    assert.equal(
      vendorIn(mac(address), () => LIST),
      vendor,
    ))
}

for (const list of ['', '\n', 'not a list at all', '1c697a', '1c697a\n', '\n\n\n']) {
  test(`a list that holds ${JSON.stringify(list)} → no vendor, and an end`, () =>
    assert.equal(vendorIn(mac('1c:69:7a:01:02:03'), () => list) || null, null))
}

test('each line of a list is found, whatever the length of its neighbours', () => {
  const prefixes = Array.from({ length: 300 }, (_, i) => (i * 4).toString(16).padStart(6, '0'))
  const list = prefixes.map((prefix, i) => `${prefix} ${'x'.repeat(1 + (i % 7) * 20)}${i}\n`).join('')
  const found = prefixes.map((prefix) => vendorIn(mac(`${prefix}000000`), () => list))
  const isLocal = (i: number): boolean => ((i * 4) >> 16) % 4 > 1
  assert.deepEqual(
    found,
    prefixes.map((_, i) => (isLocal(i) ? found[i] : `${'x'.repeat(1 + (i % 7) * 20)}${i}`)),
  )
})

test('a list is not asked for a MAC that no vendor owns', () =>
  assert.equal(
    vendorIn(mac('02:00:00:00:00:01'), () => assert.fail('asked')),
    'random or locally administered',
  ))

for (const [relation, node, vendor] of [
  ['foreign', null, 'Maker'],
  ['other', null, 'Maker'],
  ['elected', null, null],
  ['self', null, null],
  ['node', 'nuc-1', null],
  ['elected', 'nuc-1', null],
] as const satisfies readonly (readonly [AnswerReport['relation'], string | null, string | null])[]) {
  test(`an answer that is ${relation}, of ${node ?? 'no node'} → ${vendor ?? 'no vendor is named'}`, async () => {
    const report = await withAnswer({ relation, node })
    assert.equal(hasStrangers(report), vendor !== null)
    assert.equal(withVendors(report, () => 'Maker').vips[0]!.answered[0]!.vendor, vendor)
  })
}

test('ARP401 names the vendor behind the MAC of the stranger, and no other MAC', async () => {
  const report = await tell('cluster-foreign')
  const { vips } = withVendors(report, (address) => (address === mac(BOARD) ? 'Espressif' : 'wrong'))
  const findings = vips.flatMap((row) => row.findings.filter(({ code }) => code === 'ARP401'))
  assert.equal(findings.length, 1)
  assert.ok(findings[0]!.message.includes(`${BOARD} (Espressif)`), findings[0]!.message)
  assert.ok(!JSON.stringify(vips).includes('wrong'))
})

test('findings about addresses that must be free name it too; others stay as they are', async () => {
  const found = (code: Finding['code']): Finding => ({
    code,
    severity: 'warning',
    message: `10.0.0.9 must be free, but ${BOARD} answers for it`,
    why: [],
    next: [],
  })
  const report = { ...(await tell('one-answers')), findings: [found('ARP403'), found('ARP601')] }
  assert.deepEqual(
    withVendors(report, () => 'Espressif').findings.map(({ message }) => message),
    [`10.0.0.9 must be free, but ${BOARD} (Espressif) answers for it`, found('ARP601').message],
  )
})

test('a MAC without a known vendor stands alone', () => assert.equal(vendorText(mac(BOARD), null), BOARD))

async function withAnswer(change: Partial<AnswerReport>): Promise<Report> {
  const report = await tell('one-answers')
  const [row] = report.vips
  return { ...report, vips: [{ ...row!, answered: [{ ...row!.answered[0]!, ...change }] }] }
}
