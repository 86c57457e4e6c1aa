import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finding } from '../../../src/core/sentences.ts'
import type { VipReport } from '../../../src/core/report.ts'
import { VERDICTS } from '../../../src/core/verdict.ts'
import { NO_HISTORY, type History } from '../../../src/core/watch/history.ts'
import { NO_TALLY, tallied, vipStateOf, type VipParts } from '../../../src/core/watch/tally.ts'
import { ip } from '../../helpers/segment.ts'

const row = (verdict: VipReport['verdict'], ...codes: 'ARP101'[]): VipReport =>
  ({
    verdict,
    findings: codes.map((code) => finding(code, 'x', { why: [], next: [] })),
  }) as unknown as VipReport

for (const verdict of VERDICTS) {
  const kind =
    verdict === 'ok'
      ? 'good'
      : ['mismatch', 'duplicate', 'foreign', 'silent', 'unexpected'].includes(verdict)
        ? 'bad'
        : 'excluded'
  test(`${verdict} counts as ${kind}`, () =>
    assert.deepEqual(tallied(NO_TALLY, row(verdict)).probes, { good: 0, bad: 0, excluded: 0, [kind]: 1 }))
}

test('a finding that is gone stays among those that ever fired', () => {
  const after = tallied(tallied(NO_TALLY, row('silent', 'ARP101')), row('ok'))
  assert.deepEqual([...after.firedFindings], [['ARP101', 'error']])
})

const parts = (change: Partial<VipParts> = {}): VipParts => ({
  vip: ip('192.168.1.60'),
  services: ['ingress/traefik'],
  pool: 'default',
  row: null,
  watch: { vantages: ['nuc-2'], untestable: null },
  intervalMs: 30_000,
  history: NO_HISTORY,
  tally: NO_TALLY,
  epochMs: 1_795_000_000_000,
  ...change,
})
const goodAt = (ns: bigint | null): History => ({ ...NO_HISTORY, lastGood: { ms: 5000, ns } })

for (const [title, change, testable, lastAnswerAt] of [
  ['watched, never answered', {}, true, null],
  [
    'answered, with a stamp of the kernel',
    { history: goodAt(1_795_000_004_321_000_000n) },
    true,
    1_795_000_004_321,
  ],
  ['answered, without a stamp', { history: goodAt(null) }, true, 1_795_000_005_000],
  ['a cluster of one node', { watch: { vantages: [], untestable: 'one-node' } }, false, null],
  ['in no assignment', { watch: undefined }, false, null],
  ['on this host', { row: row('self') }, false, null],
] as const satisfies readonly (readonly [string, Partial<VipParts>, boolean, number | null])[]) {
  test(`${title} → testable ${testable}, last answer ${lastAnswerAt}`, () => {
    const state = vipStateOf(parts(change))
    assert.equal(state.testable, testable)
    assert.equal(state.lastAnswerAt, lastAnswerAt)
    assert.equal(state.intervalMs, 30_000)
  })
}
