import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assemble, unaskedReport, vipReport } from '../../src/core/assemble.ts'
import { exitCode, type ExitRules } from '../../src/core/exit.ts'
import { FINDINGS, type Finding, type FindingCode } from '../../src/core/findings.ts'
import type { Case, Judgement } from '../../src/core/case.ts'
import type { Report } from '../../src/core/report.ts'
import { ip, mac } from '../helpers/segment.ts'

const found = (code: FindingCode): Finding => ({
  code,
  severity: FINDINGS[code].severity,
  message: code,
  why: [],
  next: [],
})

function judged(verdict: Judgement['verdict'], ...codes: FindingCode[]): Judgement {
  return { verdict, reason: verdict === 'unknown' ? 'deaf-vantage' : null, findings: codes.map(found) }
}

function reportOf(judgements: readonly Judgement[], change: Partial<Report> = {}): Report {
  const run = {
    startedAt: new Date(0),
    durationMs: 1.4,
    interrupted: false,
    errors: [],
    vantage: [],
    metallb: null,
    outOfScope: [],
    canaries: [],
    findings: [],
  }
  const frames = { sent: 0, received: 0, kernelDrops: 0, ringDrops: 0, ignored: {} }
  const vips = judgements.map((judgement, i) => ({
    ...unaskedReport(ip(`10.0.0.${i + 1}`), judgement),
    expected: STATIC,
  }))
  return { ...assemble({ ...run, frames, vips }), ...change }
}

const NOBODY = { nodes: [], candidates: [], excluded: [], refusal: null, votes: [] }
const STATIC = { ...NOBODY, macs: [mac('1c:69:7a:aa:01:10')], source: 'static' } as const
const ANY = { ...NOBODY, macs: [], source: 'any' } as const
const DEFAULTS: ExitRules = { failOn: 'error', requireExpectation: false }
const ok = judged('ok')
const DOWN = { code: 'interface-down', message: 'eno1 is down.', next: [] }
const silent = judged('silent', 'ARP101')
const warned = judged('ok', 'ARP302')
const deaf = { findings: [found('ARP904')] }

const TABLE: readonly (readonly [string, Report, Partial<ExitRules>, number])[] = [
  ['all as expected', reportOf([ok, ok]), {}, 0],
  ['a fault', reportOf([ok, silent]), {}, 1],
  ['a fault with --fail-on never', reportOf([ok, silent]), { failOn: 'never' }, 0],
  ['a warning', reportOf([warned]), {}, 0],
  ['a warning with --fail-on warning', reportOf([warned]), { failOn: 'warning' }, 1],
  [
    'a finding of the run that reaches --fail-on',
    reportOf([ok], { findings: [found('ARP403')] }),
    { failOn: 'warning' },
    1,
  ],
  ['nothing could be judged', reportOf([judged('self', 'ARP901')]), {}, 3],
  ['nobody should answer, and nobody does', reportOf([judged('idle')]), {}, 0],
  ['no candidate at all', reportOf([judged('idle', 'ARP104')]), { failOn: 'warning' }, 1],
  ['one of two could be judged', reportOf([ok, judged('self', 'ARP901')]), {}, 0],
  ['a deaf vantage', reportOf([judged('unknown')], deaf), {}, 3],
  ['a deaf vantage beside a good one', reportOf([ok, judged('unknown')], deaf), {}, 3],
  ['lost frames', reportOf([ok, judged('unknown', 'ARP905')]), {}, 3],
  ['a fault beside a deaf vantage', reportOf([silent, judged('unknown')], deaf), {}, 1],
  [
    'an ARP9xx error with --fail-on warning',
    reportOf([ok, judged('unknown', 'ARP905')]),
    { failOn: 'warning' },
    3,
  ],
  ['interrupted with a fault', reportOf([silent], { interrupted: true }), {}, 130],
  ['an error that ended it, with a fault', reportOf([silent], { interrupted: true, errors: [DOWN] }), {}, 3],
  [
    'no expectation',
    reportOf([{ ...ok }], { vips: [{ ...unaskedReport(ip('10.0.0.1'), ok), expected: ANY }] }),
    {},
    0,
  ],
  [
    'no expectation with --require-expectation',
    reportOf([ok], { vips: [{ ...unaskedReport(ip('10.0.0.1'), ok), expected: ANY }] }),
    { requireExpectation: true },
    4,
  ],
  ['a given MAC with --require-expectation', reportOf([ok]), { requireExpectation: true }, 0],
  ['nothing asked', reportOf([]), {}, 0],
]
for (const [title, report, rules, code] of TABLE) {
  test(`${title} → exit ${code}`, () => assert.equal(exitCode(report, { ...DEFAULTS, ...rules }), code))
}

test('the summary adds up, and rows sort by address, then by interface', () => {
  const evidence = { asked: 3, answers: [], unicastAnswers: [], announcements: [] }
  const row = (vip: string, name: string, judgement: Judgement) =>
    vipReport(
      {
        vip: ip(vip),
        interface: name,
        evidence,
        expected: { source: 'any' },
        nodes: new Map(),
        side: null,
      } as unknown as Case,
      judgement,
    )
  const vips = [
    row('10.0.0.10', 'eno1', ok),
    row('10.0.0.9', 'eno2', silent),
    row('10.0.0.9', 'eno1', judged('self')),
  ]
  const frames = { sent: 0, received: 0, kernelDrops: null, ringDrops: null, ignored: {} }
  const report = assemble({
    startedAt: new Date(0),
    durationMs: 1480.4,
    interrupted: false,
    errors: [],
    vantage: [],
    metallb: null,
    outOfScope: [],
    canaries: [],
    findings: [],
    frames,
    vips,
  })
  assert.deepEqual(report.summary, { total: 3, ok: 1, faults: 1, untested: 1 })
  assert.deepEqual(
    report.vips.map((each) => `${each.vip} ${each.interface}`),
    ['10.0.0.9 eno1', '10.0.0.9 eno2', '10.0.0.10 eno1'],
  )
  assert.deepEqual([report.startedAt, report.durationMs], ['1970-01-01T00:00:00.000Z', 1480])
})
