import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, type CheckOptions } from '../src/check.ts'
import type { Report } from '../src/core/report.ts'
import type { Target } from '../src/core/targets.ts'
import { ArpcheckError } from '../src/errors.ts'
import { NO_OPTIONS } from './helpers/options.ts'
import { answers, FakeSegment, hostFacts, ip, link, mac, OWN_MAC, replyTo } from './helpers/segment.ts'

const TRAEFIK = '192.168.1.60'
const NUC_1 = '1c:69:7a:aa:01:10'
const NUC_4 = '1c:69:7a:aa:04:10'
const any = (vip: string): Target => ({ vip: ip(vip), macs: null })
const given = (vip: string, ...macs: string[]): Target => ({ vip: ip(vip), macs: macs.map(mac) })

async function run(
  segment: FakeSegment,
  options: Partial<CheckOptions>,
  signal = new AbortController().signal,
): Promise<Report> {
  const edges = { clock: segment.clock, hostFacts: () => segment.facts, openCapture: segment.open }
  const report = await check({ ...NO_OPTIONS, ...options }, edges, signal)
  assert.equal(segment.opened, segment.closed, 'every capture is closed')
  return report
}

const codesOf = (report: Report) => report.vips.map(({ findings }) => findings.map(({ code }) => code))

test('one machine answers, none was given → ok, and ARP903 shows who', async () => {
  const segment = new FakeSegment()
  segment.responders.push(answers(TRAEFIK, NUC_4))
  const report = await run(segment, { targets: [any(TRAEFIK)] })
  assert.equal(report.vips[0]!.verdict, 'ok')
  assert.deepEqual(codesOf(report), [['ARP903']])
  assert.deepEqual(report.vips[0]!.answered, [
    { mac: NUC_4, node: null, relation: 'other', rttMs: 0.2, replies: 3, vendor: null },
  ])
})

test('a run sends (VIPs + gateways) × count broadcasts, from our own MAC and address', async () => {
  const segment = new FakeSegment()
  segment.responders.push(answers(TRAEFIK, NUC_4))
  await run(segment, { targets: [any(TRAEFIK), any('192.168.1.61')] })
  assert.equal(segment.sent.length, 9)
  for (const frame of segment.sent) {
    const { op, ethDst, ethSrc, sha, spa, tha } = frame
    assert.deepEqual(
      { op, ethDst, ethSrc, sha, spa, tha },
      {
        op: 'who-has',
        ethDst: 'ff:ff:ff:ff:ff:ff',
        ethSrc: OWN_MAC,
        sha: OWN_MAC,
        spa: '192.168.1.13',
        tha: '00:00:00:00:00:00',
      },
    )
  }
})

test('the given MAC answers → ok without findings', async () => {
  const segment = new FakeSegment()
  segment.responders.push(answers(TRAEFIK, NUC_4))
  const report = await run(segment, { targets: [given(TRAEFIK, NUC_4)] })
  assert.deepEqual([report.vips[0]!.verdict, codesOf(report)], ['ok', [[]]])
})

test('nobody answers while the gateway does → silent', async () => {
  const report = await run(new FakeSegment(), { targets: [any(TRAEFIK)] })
  assert.deepEqual([report.vips[0]!.verdict, codesOf(report)], ['silent', [['ARP101']]])
  assert.deepEqual(report.canaries, [
    { ip: '192.168.1.1', interface: 'eno1', kind: 'must-answer', answered: true },
  ])
})

test('nothing answers at all → unknown: deaf-vantage, and ARP904 for the run', async () => {
  const segment = new FakeSegment()
  segment.responders = []
  const report = await run(segment, { targets: [any(TRAEFIK)] })
  assert.deepEqual([report.vips[0]!.verdict, report.vips[0]!.reason], ['unknown', 'deaf-vantage'])
  assert.deepEqual(
    report.findings.map(({ code }) => code),
    ['ARP904'],
  )
})

test('a given MAC that answers unicast alone → silent with ARP107', async () => {
  const segment = new FakeSegment()
  segment.responders.push((question) => (question.ethDst === NUC_4 ? answers(TRAEFIK, NUC_4)(question) : []))
  const report = await run(segment, { targets: [given(TRAEFIK, NUC_4)] })
  assert.deepEqual([report.vips[0]!.verdict, codesOf(report)], ['silent', [['ARP107']]])
  assert.equal(segment.sent.filter(({ ethDst }) => ethDst === NUC_4).length, 3)
})

test('a round that lost frames is asked again, and the next one decides', async () => {
  const segment = new FakeSegment()
  segment.kernelDrops = (sent) => (sent >= 6 ? 5 : 0)
  const report = await run(segment, { targets: [any(TRAEFIK)] })
  assert.equal(segment.sent.length, 12)
  assert.equal(report.vips[0]!.verdict, 'silent')
})

for (const [title, framesEach, verdict] of [
  ['one frame in a hundred', 100, 'silent'],
  ['more than that', 99, 'unknown'],
] as const)
  test(`silence in three rounds that heard the gateway and all lost ${title} → ${verdict}`, async () => {
    const segment = new FakeSegment()
    segment.kernelDrops = (sent) => sent
    segment.framesEach = framesEach
    const report = await run(segment, { targets: [any(TRAEFIK)] })
    assert.equal(segment.sent.length, 18)
    assert.equal(report.vips[0]!.verdict, verdict)
  })

test('an engine that does not count lost frames → silence is unknown: frames-lost', async () => {
  const segment = new FakeSegment()
  segment.countsFrames = false
  const report = await run(segment, { targets: [any(TRAEFIK)] })
  assert.deepEqual([report.vips[0]!.reason, codesOf(report)], ['frames-lost', [['ARP905']]])
  assert.deepEqual(report.frames, { sent: 6, received: 9, kernelDrops: null, ringDrops: null, ignored: {} })
})

test('one MAC answers two addresses that must be free → foreign with ARP401 and ARP402', async () => {
  const segment = new FakeSegment()
  segment.responders.push((question) =>
    question.tpa === '192.168.1.1' ? [] : [replyTo(question, { sha: mac(NUC_1) })],
  )
  const report = await run(segment, {
    targets: [any(TRAEFIK)],
    mustBeFree: [ip('192.168.1.70'), ip('192.168.1.71')],
  })
  assert.deepEqual([report.vips[0]!.verdict, codesOf(report)], ['foreign', [['ARP401', 'ARP402']]])
  assert.equal(report.vips[0]!.answered[0]!.relation, 'foreign')
})

test('one address that must be free answers → a squatter (ARP403), the VIP stays ok', async () => {
  const segment = new FakeSegment()
  segment.responders.push(answers(TRAEFIK, NUC_4), answers('192.168.1.70', NUC_1))
  const report = await run(segment, { targets: [any(TRAEFIK)], mustBeFree: [ip('192.168.1.70')] })
  assert.deepEqual([report.vips[0]!.verdict, report.findings.map(({ code }) => code)], ['ok', ['ARP403']])
})

test('an interrupt reports what has answered and leaves the rest out, unjudged', async () => {
  const segment = new FakeSegment()
  segment.responders.push(answers(TRAEFIK, NUC_4))
  const stop = new AbortController()
  segment.clock.onStep = () => stop.abort()
  const report = await run(segment, { targets: [any(TRAEFIK), any('192.168.1.61')] }, stop.signal)
  assert.equal(report.interrupted, true)
  assert.deepEqual(
    report.vips.map(({ vip, verdict }) => [vip, verdict]),
    [[TRAEFIK, 'ok']],
  )
  assert.equal(segment.sent.length, 3, 'nothing is sent after the interrupt')
})

test('trouble on the interface in mid-run: what had answered is reported, the rest left out, nothing more is sent', async () => {
  const segment = new FakeSegment()
  segment.responders.push(answers(TRAEFIK, NUC_4))
  const remedy = ['Look at its state: ip link show']
  const down = new ArpcheckError('interface-down', 'eno1 is down.', { remedy })
  segment.clock.onStep = () => segment.trouble(down)
  const report = await run(segment, { targets: [any(TRAEFIK), any('192.168.1.61')] })
  assert.deepEqual(
    [report.interrupted, report.errors],
    [true, [{ code: 'interface-down', message: 'eno1 is down.', next: remedy }]],
  )
  assert.deepEqual(
    report.vips.map(({ vip, verdict }) => [vip, verdict]),
    [[TRAEFIK, 'ok']],
  )
  assert.deepEqual([segment.sent.length, segment.closed], [3, 1])
})

test('trouble on one interface: the other one is asked to its end, and judged', async () => {
  const [one, two] = [new FakeSegment(), new FakeSegment()]
  const second = link({ index: 3, name: 'eno2', mac: mac('1c:69:7a:aa:03:20') })
  one.clock.onStep = () => one.trouble(new ArpcheckError('interface-gone', 'eno1 is gone.'))
  const edges = {
    clock: one.clock,
    hostFacts: () => hostFacts({ links: [link(), second] }),
    openCapture: (...args: Parameters<FakeSegment['open']>) => (args[0] === 'eno1' ? one : two).open(...args),
  }
  const options = { ...NO_OPTIONS, targets: [given(TRAEFIK, NUC_4)], interfaces: ['eno1', 'eno2'] }
  two.responders.push(answers(TRAEFIK, NUC_4))
  const report = await check(options, edges, new AbortController().signal)
  assert.deepEqual(
    report.vips.map(({ interface: name, verdict }) => [name, verdict]),
    [['eno2', 'ok']],
  )
  assert.deepEqual(
    [report.errors.map(({ code }) => code), report.interrupted, two.sent.length],
    [['interface-gone'], true, 3],
  )
})

test('an interface that cannot be opened ends the run before it began', async () => {
  const segment = new FakeSegment()
  const edges = {
    clock: segment.clock,
    hostFacts: () => segment.facts,
    openCapture: () => {
      throw new ArpcheckError('no-permission', 'Not allowed.')
    },
  }
  const options = { ...NO_OPTIONS, targets: [any(TRAEFIK)] }
  await assert.rejects(check(options, edges, new AbortController().signal), { code: 'no-permission' })
})

test('an unknown interface is refused with the one that was meant, and nothing is opened', async () => {
  const segment = new FakeSegment()
  await assert.rejects(
    run(segment, { targets: [any(TRAEFIK)], interfaces: ['eno2'] }),
    /no interface eno2 here\. Did you mean eno1 \(192\.168\.1\.13\/24, up\)\?/,
  )
  assert.equal(segment.opened, 0)
})

test('a VIP on no segment of this host is listed as vantage-off-segment; an IPv6 one as ndp-not-probed', async () => {
  const report = await run(new FakeSegment(), { targets: [any('10.9.9.9'), any('2001:db8::60')] })
  assert.deepEqual(
    report.vips.map(({ reason }) => reason),
    ['vantage-off-segment', 'ndp-not-probed'],
  )
  assert.deepEqual(codesOf(report), [['ARP106'], []])
})

test('--iface overrides the subnet test: the VIP is asked with a zero sender', async () => {
  const segment = new FakeSegment()
  segment.facts = hostFacts({ links: [link({ addresses: [] })] })
  segment.responders.push(answers(TRAEFIK, NUC_4))
  const report = await run(segment, { targets: [any(TRAEFIK)], interfaces: ['eno1'] })
  assert.equal(report.vips[0]!.verdict, 'ok')
  assert.ok(segment.sent.every(({ spa }) => spa === '0.0.0.0'))
})

test('the VIP is never the sender, not even where this host holds it', async () => {
  const segment = new FakeSegment()
  const report = await run(segment, { targets: [any('192.168.1.13')] })
  assert.equal(report.vips[0]!.verdict, 'self')
  assert.ok(segment.sent.every(({ spa, tpa }) => spa !== tpa))
})
