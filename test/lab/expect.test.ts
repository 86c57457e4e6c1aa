import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRun } from '../../src/lab/expect.ts'
import type { Report } from '../../src/core/report.ts'
import { hostsOf } from '../../src/lab/hosts.ts'
import { parseStory } from '../../src/lab/story.ts'

const HOSTS = hostsOf({})
const NUC_1 = '1c:69:7a:aa:01:10'
const UNKNOWN_MAC = '02:00:00:00:00:01'

const [{ expect: EXPECTED }] = parseStory(
  `name: one
tells: One sentence.
steps:
  - run: arpcheck 192.168.1.60
    expect:
      exit: 1
      vips:
        192.168.1.60: { verdict: unknown, reason: frames-lost, answered: [nuc-1], claimed: [nuc-4], findings: [ARP905] }
      canaries: { 192.168.1.1: answered }
      findings: []
`,
  'one.yaml',
).steps as [{ expect: NonNullable<ReturnType<typeof parseStory>['steps'][0]['expect']> }]

function reportOf(vip: object, canaries: object[] = [{ ip: '192.168.1.1', answered: true }]): Report {
  return { vips: [{ vip: '192.168.1.60', ...vip }], canaries, findings: [] } as unknown as Report
}

const AS_TOLD = {
  verdict: 'unknown',
  reason: 'frames-lost',
  answered: [{ mac: NUC_1 }],
  truths: { claimed: ['nuc-4'] },
  findings: [{ code: 'ARP905' }],
}

test('a report as told holds every expectation', () => {
  const checks = checkRun(EXPECTED, { exit: 1, report: reportOf(AS_TOLD), stderr: '' }, HOSTS)
  assert.deepEqual(
    checks.map(({ text }) => text),
    [
      'exit code: 1',
      '192.168.1.60: unknown: frames-lost',
      '192.168.1.60 answered by: nuc-1',
      '192.168.1.60 claimed: nuc-4',
      '192.168.1.60 findings: ARP905',
      'canary 192.168.1.1: answered',
      'findings of the run: none',
    ],
  )
  assert.ok(checks.every(({ ok }) => ok))
})

for (const [exit, report, text] of [
  [1, reportOf({ ...AS_TOLD, truths: { claimed: [] } }), '192.168.1.60 claimed: expected nuc-4, saw none'],
  [0, reportOf(AS_TOLD), 'exit code: expected 1, saw 0'],
  [null, reportOf(AS_TOLD), 'exit code: expected 1, saw null'],
  [1, null, 'no report was printed'],
  [
    1,
    reportOf({ ...AS_TOLD, verdict: 'ok', reason: null }),
    '192.168.1.60: expected unknown: frames-lost, saw ok',
  ],
  [1, reportOf({ ...AS_TOLD, answered: [] }), '192.168.1.60 answered by: expected nuc-1, saw none'],
  [
    1,
    reportOf({ ...AS_TOLD, answered: [{ mac: NUC_1 }, { mac: UNKNOWN_MAC }] }),
    `192.168.1.60 answered by: expected nuc-1, saw ${UNKNOWN_MAC}, nuc-1`,
  ],
  [1, reportOf({ ...AS_TOLD, findings: [] }), '192.168.1.60 findings: expected ARP905, saw none'],
  [1, reportOf(AS_TOLD, []), 'canary 192.168.1.1: expected answered, saw not asked'],
  [
    1,
    reportOf(AS_TOLD, [{ ip: '192.168.1.1', answered: false }]),
    'canary 192.168.1.1: expected answered, saw silent',
  ],
  [1, { ...reportOf(AS_TOLD), vips: [] }, '192.168.1.60 is in the report 0 times'],
] as const) {
  test(`a report not as told says so: ${text}`, () => {
    const failed = checkRun(EXPECTED, { exit, report, stderr: '' }, HOSTS).filter(({ ok }) => !ok)
    assert.deepEqual(
      failed.map((check) => check.text),
      [text],
    )
  })
}

for (const [words, ok] of [
  ['still counted by nuc-1', true],
  ['still counted by nuc-2', false],
] as const) {
  test(`"${words}" where a finding says why: still counted by nuc-1 → ${ok ? 'as told' : 'not as told'}`, () => {
    const [vip] = Object.keys(EXPECTED.vips) as (keyof typeof EXPECTED.vips)[]
    const expected = { ...EXPECTED, vips: { [vip!]: { ...EXPECTED.vips[vip!]!, why: [words] } } }
    const finding = { code: 'ARP905', message: 'It is.', why: ['seen: still counted by nuc-1'], next: [] }
    const report = reportOf({ ...AS_TOLD, findings: [finding] })
    assert.equal(
      checkRun(expected, { exit: 1, report, stderr: '' }, HOSTS).every((check) => check.ok),
      ok,
    )
  })
}

for (const [title, vip, ok] of [
  ['is not in the report', '192.168.1.99', true],
  ['is in it', '192.168.1.60', false],
] as const) {
  test(`an address that must be absent and ${title} → ${ok ? 'as told' : 'not as told'}`, () => {
    const expected = { ...EXPECTED, vips: { [vip]: { verdict: 'absent' } } } as typeof EXPECTED
    const checks = checkRun(expected, { exit: 1, report: reportOf(AS_TOLD), stderr: '' }, HOSTS)
    assert.equal(
      checks.every((check) => check.ok),
      ok,
    )
  })
}
