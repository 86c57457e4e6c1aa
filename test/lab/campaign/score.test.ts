import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ip } from '../../../src/core/ip.ts'
import type { Report } from '../../../src/core/report.ts'
import { admit, admitUnknown, type Admitted } from '../../../src/lab/campaign/allowances.ts'
import { episodeOf, FAULT_PLOTS } from '../../../src/lab/campaign/episode.ts'
import { rowsOf, scoreOf, type Row, type Said } from '../../../src/lab/campaign/score.ts'
import { matrixText } from '../../../src/lab/campaign/table.ts'

const SILENT = admit('silent', 'ARP101')
const OK = admit('ok', null)

function row(
  admits: readonly Admitted[],
  verdict: Said['verdict'],
  finding: Said['finding'],
  episode = 0,
): Row {
  const truth = { vip: '192.168.1.60' as Ip, admits, answeredBy: [] }
  return { episode, plots: [], truth, said: { verdict, reason: null, finding, answeredBy: [] } }
}

/** What a judge that is always right reports of an episode. */
function reportOf(admits: readonly { readonly vip: Ip; readonly admits: readonly Admitted[] }[]): Report {
  const vips = admits.map(({ vip, admits: [first] }) => ({
    vip,
    verdict: first!.verdict,
    reason: first!.reason ?? null,
    findings: first!.finding === null ? [] : [{ code: first!.finding }],
    answered: [],
  }))
  return { vips } as unknown as Report
}

for (const [what, rows, { precision, recall, agreement, falseAlarms }] of [
  ['nothing at all', [], { precision: 1, recall: 1, agreement: 1, falseAlarms: 0 }],
  [
    'a fault that was found',
    [row([SILENT], 'silent', 'ARP101')],
    { precision: 1, recall: 1, agreement: 1, falseAlarms: 0 },
  ],
  [
    'a fault by another finding',
    [row([SILENT], 'silent', 'ARP102')],
    { precision: 0, recall: 0, agreement: 0, falseAlarms: 0 },
  ],
  [
    'a fault that was missed',
    [row([SILENT], 'ok', null)],
    { precision: 1, recall: 0, agreement: 0, falseAlarms: 0 },
  ],
  [
    'a fault of which nothing was said',
    [row([SILENT], 'absent', null)],
    { precision: 1, recall: 0, agreement: 0, falseAlarms: 0 },
  ],
  [
    'a false alarm',
    [row([OK], 'silent', 'ARP101')],
    { precision: 0, recall: 1, agreement: 0, falseAlarms: 1 },
  ],
  [
    'the second of two that are right',
    [row([OK, SILENT], 'silent', 'ARP101')],
    { precision: 1, recall: 1, agreement: 1, falseAlarms: 0 },
  ],
  [
    'three of four faults, one false alarm',
    [
      row([SILENT], 'silent', 'ARP101'),
      row([SILENT], 'silent', 'ARP101'),
      row([SILENT], 'silent', 'ARP101'),
      row([SILENT], 'ok', null),
      row([OK], 'silent', 'ARP101'),
    ],
    { precision: 0.75, recall: 0.75, agreement: 0.6, falseAlarms: 1 },
  ],
] as const) {
  test(`${what} → precision ${precision}, recall ${recall}, agreement ${agreement}, ${falseAlarms} false alarms`, () => {
    const score = scoreOf(rows)
    assert.deepEqual(
      [score.precision, score.recall, score.agreement, score.falseAlarms],
      [precision, recall, agreement, falseAlarms],
    )
  })
}

test('the reason of an unknown counts', () => {
  const unattributed = row([admitUnknown('answerer-unattributed', 'ARP903')], 'unknown', 'ARP903')
  assert.equal(scoreOf([unattributed]).agreement, 0)
  assert.equal(
    scoreOf([{ ...unattributed, said: { ...unattributed.said, reason: 'answerer-unattributed' } }]).agreement,
    1,
  )
})

test('the matrix has a line for what was injected and a column for what was reported', () => {
  const score = scoreOf([row([SILENT], 'silent', 'ARP101'), row([SILENT], 'ok', null), row([OK], 'ok', null)])
  assert.equal(
    matrixText(score),
    [
      '  injected \\ reported  ok  silent',
      '  ok                    1       ·',
      '  silent                1       1',
    ].join('\n'),
  )
})

test('verdicts are scored each for itself', () => {
  const { verdicts } = scoreOf([
    row([SILENT], 'silent', 'ARP102'),
    row([SILENT], 'ok', null),
    row([OK], 'ok', null),
  ])
  assert.deepEqual(verdicts, [
    { verdict: 'ok', injected: 1, reported: 2, precision: 0.5, recall: 1 },
    { verdict: 'silent', injected: 2, reported: 1, precision: 1, recall: 0.5 },
  ])
})

test('the worst comes first: a false alarm, a missed fault, a wrong name', () => {
  const rows = [
    row([SILENT], 'silent', 'ARP102', 1),
    row([SILENT], 'ok', null, 2),
    row([OK], 'silent', 'ARP101', 3),
  ]
  assert.deepEqual(
    scoreOf(rows).wrong.map(({ episode }) => episode),
    [3, 2, 1],
  )
})

// As a mutation of the judge would be seen, each in its own number
const EPISODES = Array.from({ length: 40 }, (_, number) => episodeOf(11, number, FAULT_PLOTS))

test('a judge that is always right scores 1 in 40 episodes', () => {
  const score = scoreOf(EPISODES.flatMap((episode) => rowsOf(episode, reportOf(episode.truths))))
  assert.deepEqual([score.precision, score.recall, score.agreement, score.falseAlarms], [1, 1, 1, 0])
})

for (const [from, to, falls] of [
  ['silent', 'ok', 'recall'],
  ['ok', 'silent', 'precision'],
  ['idle', 'silent', 'precision'],
  ['duplicate', 'mismatch', 'recall'],
  ['foreign', 'unknown', 'recall'],
  ['unknown', 'foreign', 'precision'],
] as const) {
  test(`a judge that says ${to} for ${from} once → ${falls} below 1`, () => {
    const rows = EPISODES.flatMap((episode) => rowsOf(episode, reportOf(episode.truths)))
    const index = rows.findIndex(({ truth }) => truth.admits[0]!.verdict === from)
    const broken = rows.with(index, {
      ...rows[index]!,
      said: { ...rows[index]!.said, verdict: to, finding: null },
    })
    const score = scoreOf(broken)
    assert.ok(index >= 0 && score[falls] < 1, `${score[falls]}`)
    assert.equal(score.wrong[0]?.truth, rows[index]!.truth)
  })
}
