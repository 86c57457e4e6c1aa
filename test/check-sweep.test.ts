import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from '../src/check.ts'
import type { Report } from '../src/core/report.ts'
import { NO_OPTIONS } from './helpers/options.ts'
import { answers, FakeSegment, ip, mac, replyTo } from './helpers/segment.ts'

const VIPS = ['192.168.1.60', '192.168.1.61']
const [NUC_1, NUC_4] = ['1c:69:7a:aa:01:10', '1c:69:7a:aa:04:10']

async function sweep(segment: FakeSegment): Promise<Report> {
  const targets = VIPS.map((vip) => ({ vip: ip(vip), macs: null }))
  const options = { ...NO_OPTIONS, targets, count: 3, timeoutMs: 1000, sweep: true }
  const edges = { clock: segment.clock, hostFacts: () => segment.facts, openCapture: segment.open }
  return check(options, edges, new AbortController().signal)
}

const askedFor = ({ sent }: FakeSegment, vip: string): number => sent.filter(({ tpa }) => tpa === vip).length

test('a sweep that all answer → each is asked once, and it ends 20 ms later, not after the timeout', async () => {
  const segment = new FakeSegment()
  segment.responders.push(...VIPS.map((vip) => answers(vip, NUC_4)))
  const report = await sweep(segment)
  assert.equal(report.summary.ok, 2)
  assert.deepEqual([...VIPS.map((vip) => askedFor(segment, vip)), report.durationMs], [1, 1, 20])
})

test('one keeps silent → it alone is asked three times, and waited for until the timeout', async () => {
  const segment = new FakeSegment()
  segment.responders.push(answers(VIPS[0]!, NUC_4))
  const report = await sweep(segment)
  assert.deepEqual(
    report.vips.map(({ verdict }) => verdict),
    ['ok', 'silent'],
  )
  assert.deepEqual(
    VIPS.map((vip) => askedFor(segment, vip)),
    [1, 3],
  )
  assert.ok(report.durationMs >= 1000)
})

test('a second answer that comes after all have answered → duplicate', async () => {
  const segment = new FakeSegment()
  segment.responders.push(...VIPS.map((vip) => answers(vip, NUC_4)))
  segment.responders.push((question) => {
    // time passes only while the window is waited for: by then all have answered
    if (question.tpa === VIPS[0])
      segment.clock.onStep = () => segment.push(replyTo(question, { sha: mac(NUC_1) }))
    return []
  })
  const report = await sweep(segment)
  assert.deepEqual(
    report.vips.map(({ verdict }) => verdict),
    ['duplicate', 'ok'],
  )
})
