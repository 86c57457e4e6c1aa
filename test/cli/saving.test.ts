// A recorded run, played again: on a segment in memory here, on a real one in test/lab/replayed.test.ts.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { readCaptureFile } from '../../src/capture/capturefile.ts'
import { openRecorder } from '../../src/capture/recorder.ts'
import { check, type CheckEdges, type CheckOptions } from '../../src/check.ts'
import { replay } from '../../src/cli/replay.ts'
import { saving } from '../../src/cli/saving.ts'
import { exitCode } from '../../src/core/exit.ts'
import type { HostFacts } from '../../src/core/host.ts'
import type { Report } from '../../src/core/report.ts'
import { ownFolder } from '../helpers/folder.ts'
import {
  answers,
  FakeSegment,
  hostFacts,
  ip,
  link,
  mac,
  replyTo,
  type Responder,
} from '../helpers/segment.ts'
import { NO_OPTIONS } from '../helpers/options.ts'
import { optionsOf, STORIES, tell } from './stories.ts'

const folder = ownFolder()
let files = 0

/** Runs `ask` through edges that record; the file, and what was reported. */
async function recording(
  { targets, mustBeFree }: CheckOptions,
  ask: (through: (edges: CheckEdges) => CheckEdges) => Promise<Report>,
): Promise<{ path: string; report: Report }> {
  const path = join(folder, `${files++}.pcapng`)
  let close = () => {}
  const report = await ask((edges) => {
    const recorder = openRecorder(path, { onError: assert.ifError, clock: edges.clock })
    close = () => recorder.close()
    return saving(edges, recorder, [...targets.map(({ vip }) => vip), ...mustBeFree])
  })
  close()
  return { path, report }
}

async function played(
  path: string,
  options: CheckOptions,
): Promise<{ report: Report; notes: readonly string[] }> {
  const { notes, ...replayed } = await replay(path, options, { asker: null })
  return { report: await check(replayed.options, replayed.edges, new AbortController().signal), notes }
}

/** What must not differ. */
function judged(report: Report) {
  const { vips, vantage, canaries, findings } = report
  const exit = exitCode(report, { failOn: 'error', requireExpectation: false })
  return { vips, vantage, canaries, findings, exit }
}

/** Of an address that nothing was sent for there is no record; two runs do not come to their end. */
const UNPLAYABLE: readonly string[] = ['not-here', 'partly-here', 'interrupted', 'interface-down']

/** A recording holds no cluster. */
const hasCluster = (name: keyof typeof STORIES): boolean => 'cluster' in STORIES[name]

for (const name of Object.keys(STORIES) as (keyof typeof STORIES)[]) {
  if (UNPLAYABLE.includes(name) || hasCluster(name)) continue
  test(`${name}: the recording is judged as the run was`, async () => {
    const { path, report } = await recording(optionsOf(name), (through) => tell(name, through))
    assert.deepEqual(judged((await played(path, optionsOf(name))).report), judged(report))
  })
}

const TRAEFIK = ip('192.168.1.60')
const ASKED: CheckOptions = { ...NO_OPTIONS, targets: [{ vip: TRAEFIK, macs: null }], interfaces: ['eno1'] }
const SPEAKER = { pid: 812, name: 'speaker' }
const ENO2 = link({ index: 3, name: 'eno2', mac: mac('1c:69:7a:aa:03:20'), addresses: [] })
const IPVS = link({ index: 4, name: 'kube-ipvs0', addresses: [{ ip: TRAEFIK, bits: 32 }] })

function onSegment(facts: HostFacts, options: CheckOptions, responders: readonly Responder[] = []) {
  return recording(options, (through) => {
    const segment = new FakeSegment()
    segment.responders.push(...responders)
    const edges = { clock: segment.clock, hostFacts: () => facts, openCapture: segment.open }
    return check(options, through(edges), new AbortController().signal)
  })
}

for (const [title, facts, responders, options, verdict] of [
  [
    'silence where another process listens for ARP',
    hostFacts({ arpListeners: [{ interface: 'eno1', inode: 7, process: SPEAKER }] }),
    [],
    {},
    'unknown maybe-self',
  ],
  [
    'silence where a process listens on another interface',
    hostFacts({ arpListeners: [{ interface: 'eno9', inode: 7, process: SPEAKER }] }),
    [],
    {},
    'silent null',
  ],
  [
    'silence for an address that the host holds elsewhere',
    hostFacts({ links: [link(), IPVS] }),
    [],
    {},
    'self null',
  ],
  [
    'an answer from another NIC of the host',
    hostFacts({ links: [link(), ENO2] }),
    [(question) => answers(TRAEFIK, ENO2.mac!)(question)],
    {},
    'self null',
  ],
  ['silence asked for from 0.0.0.0', hostFacts(), [], { sender: 'zero' }, 'silent null'],
  [
    'nothing heard, from 0.0.0.0',
    hostFacts({ gateways: [] }),
    [],
    { sender: 'zero' },
    'unknown deaf-vantage',
  ],
  [
    'a stranger that answers a free address of the subnet too, and one off the subnet',
    hostFacts(),
    [
      (question) =>
        question.tpa === '192.168.1.1' ? [] : [replyTo(question, { sha: mac('24:6f:28:5e:10:9c') })],
    ],
    { mustBeFree: [ip('192.168.1.70'), ip('192.168.1.71'), ip('10.9.9.9')] },
    'foreign null',
  ],
] as const satisfies readonly (readonly [
  string,
  HostFacts,
  readonly Responder[],
  Partial<CheckOptions>,
  string,
])[]) {
  test(`${title} → ${verdict}, live and played again`, async () => {
    const { path, report } = await onSegment(facts, { ...ASKED, ...options }, responders)
    // what was typed beside the addresses is not typed again
    const again = await played(path, { ...ASKED, mustBeFree: { ...ASKED, ...options }.mustBeFree })
    const [row] = report.vips
    assert.equal(`${row!.verdict} ${row!.reason}`, verdict)
    assert.deepEqual(judged(again.report), judged(report))
  })
}

test('the file tells the interface’s name, MAC, addresses and drops', async () => {
  const { path } = await onSegment(hostFacts(), ASKED)
  const { interface: name, mac: own, addresses, drops } = await readCaptureFile(path)
  assert.deepEqual([name, own, addresses, drops], ['eno1', link().mac, link().addresses, 0])
})

test('a run on two interfaces is one file, judged an interface at a time', async () => {
  const eno2 = link({ ...ENO2, addresses: [{ ip: ip('192.168.2.13'), bits: 24 }] })
  const options = {
    ...ASKED,
    targets: [...ASKED.targets, { vip: ip('192.168.2.60'), macs: null }],
    interfaces: [],
  }
  const { path, report } = await onSegment(hostFacts({ links: [link(), eno2] }), options)
  for (const [i, name] of ['eno1', 'eno2'].entries()) {
    const { report: again } = await played(path, { ...options, interfaces: [name] })
    assert.deepEqual(
      again.vips.map(({ vip, interface: on, verdict }) => [vip, on, verdict]),
      [report.vips[i]].map((row) => [row!.vip, name, row!.verdict]),
    )
  }
})

test('another asker than the host that recorded: what the file says of the host does not count', async () => {
  const { path } = await onSegment(
    hostFacts({ arpListeners: [{ interface: 'eno1', inode: 7, process: SPEAKER }] }),
    ASKED,
  )
  const other = { asker: mac('02:00:00:00:00:99') }
  await assert.rejects(replay(path, ASKED, other), /02:00:00:00:00:99 does not ask/)
})

/** A run that ends, as by Ctrl-C, `afterMs` after its first question. */
async function interrupted(afterMs: number, responders: readonly Responder[] = []): Promise<string> {
  const segment = new FakeSegment()
  segment.responders.push(...responders)
  const stop = new AbortController()
  segment.clock.onStep = (ms) => ms >= afterMs && stop.abort()
  const options = { ...ASKED, targets: [...ASKED.targets, { vip: ip('192.168.1.62'), macs: null }] }
  const { path } = await recording(options, (through) =>
    check(
      options,
      through({ clock: segment.clock, hostFacts: () => segment.facts, openCapture: segment.open }),
      stop.signal,
    ),
  )
  return path
}

const BOTH = { ...ASKED, targets: [...ASKED.targets, { vip: ip('192.168.1.62'), macs: null }] }

test('a run that was ended early: what did not answer until then is left out, with a note', async () => {
  const path = await interrupted(250, [answers(TRAEFIK, '1c:69:7a:aa:04:10')])
  const { report, notes } = await played(path, BOTH)
  assert.deepEqual(
    report.vips.map(({ vip, verdict }) => [vip, verdict]),
    [[TRAEFIK, 'ok']],
  )
  assert.deepEqual(notes, ['The capture ends before 192.168.1.62 could answer: left out.'])
})

test('a run that was ended before anything answered cannot be judged', async () => {
  const path = await interrupted(250)
  await assert.rejects(played(path, BOTH), {
    code: 'bad-capture-file',
    message: `${path} cannot be judged: it ends less than 1.0 s after the first question for 192.168.1.60, 192.168.1.62.`,
  })
})

test('a run that was ended after one question had its whole time is judged', async () => {
  const { report } = await played(await interrupted(1200), BOTH)
  assert.deepEqual(
    report.vips.map(({ verdict }) => verdict),
    ['silent', 'silent'],
  )
})
