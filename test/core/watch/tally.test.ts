import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finding } from '../../../src/core/sentences.ts'
import type { VipReport } from '../../../src/core/report.ts'
import { VERDICTS } from '../../../src/core/verdict.ts'
import { NO_TALLY, tallied } from '../../../src/core/watch/tally.ts'

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
