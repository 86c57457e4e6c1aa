import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { replay } from '../../src/cli/replay.ts'
import { check, type CheckOptions } from '../../src/check.ts'
import { exitCode } from '../../src/core/exit.ts'
import { readTargets } from '../../src/core/targets.ts'
import { ArpcheckError } from '../../src/errors.ts'
import { mac } from '../helpers/segment.ts'
import { NO_OPTIONS } from '../helpers/options.ts'

const OWNER = '02:00:00:00:04:10'

async function judged(
  file: string,
  words: readonly string[],
  change: Partial<CheckOptions> = {},
  asker: string | null = null,
) {
  const targets = readTargets(words, { confirmed: false })
  assert.ok(!('message' in targets))
  const wanted: CheckOptions = { ...NO_OPTIONS, targets, ...change }
  const path = join('test/fixtures/captures', file)
  const { options, edges, notes } = await replay(path, wanted, { asker: asker === null ? null : mac(asker) })
  return { report: await check(options, edges, new AbortController().signal), notes }
}

for (const [file, interfaces] of [
  ['us.pcap', []],
  ['ns.pcap', []],
  ['one.pcapng', []],
  ['two.pcapng', ['eno1']],
] as const) {
  test(`${file}: what answered then is judged now, with its round-trip time and the capture's own time`, async () => {
    const { report, notes } = await judged(file, [`192.168.1.60=${OWNER}`], { interfaces })
    const [row] = report.vips
    assert.equal(row!.verdict, 'ok')
    assert.deepEqual([row!.answered[0]!.mac, row!.answered[0]!.relation], [OWNER, 'elected'])
    assert.ok(row!.answered[0]!.rttMs! > 0 && row!.answered[0]!.rttMs! < 10)
    assert.ok(report.startedAt < '2026-11-23', report.startedAt)
    assert.deepEqual([report.vantage[0]!.node, report.vantage[0]!.ip], [file, '192.168.1.13'])
    assert.deepEqual(notes, [])
  })
}

test('another owner than the given one → mismatch, exit 1', async () => {
  const { report } = await judged('us.pcap', ['192.168.1.60=1c:69:7a:aa:04:10'])
  assert.equal(report.vips[0]!.verdict, 'mismatch')
  assert.equal(exitCode(report, { failOn: 'error', requireExpectation: false }), 1)
})

test('silence in a pcapng file that lost nothing is silence', async () => {
  const { report } = await judged('one.pcapng', ['192.168.1.61'])
  assert.deepEqual([report.vips[0]!.verdict, report.canaries[0]!.ip], ['silent', '192.168.1.1'])
})

test('silence in a pcap file, which does not say what it lost, is unknown', async () => {
  const { report } = await judged('us.pcap', ['192.168.1.61'])
  assert.deepEqual([report.vips[0]!.verdict, report.vips[0]!.reason], ['unknown', 'frames-lost'])
  assert.deepEqual([report.frames.sent, report.frames.received], [0, 5])
})

test('an address that nobody asks for is left out, with a note', async () => {
  const { report, notes } = await judged('us.pcap', ['192.168.1.60', '192.168.1.90-99'])
  assert.deepEqual(
    report.vips.map(({ vip }) => vip),
    ['192.168.1.60'],
  )
  assert.deepEqual(notes, [
    '02:00:00:00:00:13 does not ask for 192.168.1.90, 192.168.1.91, 192.168.1.92 and 7 more in this capture: left out.',
  ])
})

for (const [title, file, words, change, asker, code, message] of [
  ['nobody asks', 'us.pcap', ['10.0.0.1'], {}, null, 'bad-capture-file', /nobody asks for 10\.0\.0\.1/],
  [
    'the given asker does not ask',
    'us.pcap',
    ['192.168.1.60'],
    {},
    '02:00:00:00:00:99',
    'bad-capture-file',
    /02:00:00:00:00:99 does not ask/,
  ],
  ['several interfaces', 'two.pcapng', ['192.168.1.60'], {}, null, 'usage', /several interfaces: eno1, eno2/],
  [
    'two interfaces are named',
    'two.pcapng',
    ['192.168.1.60'],
    { interfaces: ['eno1', 'eno2'] },
    null,
    'usage',
    /one interface/,
  ],
] as const) {
  test(`${title} → ${code}`, async () => {
    await assert.rejects(judged(file, words, change, asker), (error) => {
      assert.ok(error instanceof ArpcheckError)
      assert.equal(error.code, code)
      assert.match(error.message, message)
      return true
    })
  })
}
