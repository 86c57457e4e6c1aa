import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Capture, CaptureEvents } from '../../src/capture/capture.ts'
import { KeptCaptures } from '../../src/capture/kept.ts'
import { encodeArp } from '../../src/core/arp.ts'
import { BROADCAST_MAC, ZERO_MAC } from '../../src/core/mac.ts'
import { ArpcheckError, type ErrorCode } from '../../src/errors.ts'
import { FakeSegment, GATEWAY, ip, OWN_MAC } from '../helpers/segment.ts'

const question = encodeArp({
  op: 'who-has',
  ethDst: BROADCAST_MAC,
  ethSrc: OWN_MAC,
  sha: OWN_MAC,
  spa: ip('192.168.1.13'),
  tha: ZERO_MAC,
  tpa: GATEWAY.ip,
})
const batch = { frames: [question], gapNs: 0 }
/** Its methods, by whatever object they are called. */
function partsOf(capture: Capture): Omit<Capture, 'drainInPlace'> {
  const { engine, can } = capture
  return {
    engine,
    can,
    send: (one) => capture.send(one),
    drain: () => capture.drain(),
    statistics: () => capture.statistics(),
    close: () => capture.close(),
  }
}
const QUIET: CaptureEvents = { onFrames: () => {}, onTrouble: () => {} }

function kept(segment = new FakeSegment()) {
  const captures = new KeptCaptures(segment.open)
  return { segment, captures, open: (events = QUIET) => captures.open('eno1', 10, events) }
}

function trouble(segment: FakeSegment, code: ErrorCode): void {
  segment.trouble(new ArpcheckError(code, `eno1: ${code}.`, { remedy: [] }))
}

test('two looks one after the other open one capture, which the end closes', () => {
  const { segment, captures, open } = kept()
  open().close()
  open().close()
  assert.deepEqual([segment.opened, segment.closed], [1, 0])
  captures.close()
  captures.close()
  assert.equal(segment.closed, 1)
})

test('the second look counts and hears what is its own', async () => {
  const { segment, open } = kept()
  const first = open()
  await first.send(batch)
  first.close()
  segment.push(question)
  const second = open()
  assert.deepEqual(second.drain(), [])
  assert.equal(second.statistics()?.sent, 0)
  await second.send(batch)
  assert.deepEqual([second.drain().length, second.statistics()?.sent], [2, 1])
  second.close()
  assert.deepEqual([first.statistics()?.sent, second.statistics()?.sent], [1, 1])
})

test('a look that is over hears, sends and is told nothing of the next one', async () => {
  const { segment, open } = kept()
  const told: string[] = []
  const first = open({ onFrames: () => told.push('frames'), onTrouble: () => told.push('trouble') })
  first.close()
  const second = open()
  await first.send(batch)
  segment.push(question)
  trouble(segment, 'interface-down')
  assert.deepEqual([told, first.drain(), segment.sent.length, second.drain().length], [[], [], 0, 1])
})

test('a look that wants every frame → the capture is opened so', () => {
  const segment = new FakeSegment()
  const seen: (boolean | undefined)[] = []
  const captures = new KeptCaptures((name, frames, events) => {
    seen.push(events.everyFrame)
    return segment.open(name, frames, events)
  })
  captures.open('eno1', 10, { ...QUIET, everyFrame: true })
  captures.open('eno2', 10, QUIET)
  assert.deepEqual(seen, [true, undefined])
})

test('frames are taken in place where the engine can, and no more once the look is over', () => {
  const segment = new FakeSegment()
  const captures = new KeptCaptures((...args) => ({
    ...partsOf(segment.open(...args)),
    drainInPlace: () => 3,
  }))
  const look = captures.open('eno1', 10, QUIET)
  const take = (): number | undefined =>
    look.drainInPlace?.(
      () => true,
      () => {},
    )
  assert.equal(take(), 3)
  look.close()
  assert.equal(take(), 0)
  assert.equal(typeof kept().open().drainInPlace, 'undefined')
})

test('what comes between two looks does not pile up', () => {
  const { segment, open } = kept()
  open().close()
  segment.push(question)
  assert.deepEqual(segment.open('eno1', 1, QUIET).drain(), [])
})

test('closed in the midst of sending → nothing more is sent, and that capture does not come again', async () => {
  const segment = new FakeSegment()
  let end = (): void => {}
  const slow = new KeptCaptures((...args) => ({
    ...segment.open(...args),
    send: () => new Promise<void>((resolve) => (end = resolve)),
  }))
  const lent = slow.open('eno1', 10, QUIET)
  const sending = lent.send(batch)
  lent.close()
  assert.equal(segment.closed, 1)
  end()
  await sending
  assert.throws(() => slow.open('eno1', 10, QUIET), {
    code: 'capture-failed',
    message: /right to open another/,
  })
})

for (const [code, outcome] of [
  ['interface-down', 'interface-down'],
  ['interface-gone', 'interface-gone'],
  ['interface-changed', 'open'],
] as const)
  test(`${code} between two looks → the second one is ${outcome === 'open' ? 'open' : `refused: ${code}`}`, () => {
    const { segment, open } = kept()
    open().close()
    if (outcome === 'open') trouble(segment, 'interface-down')
    trouble(segment, code)
    if (outcome === 'open') assert.equal(open().engine, 'native')
    else assert.throws(() => open(), { code })
  })

test('interface-gone while it is used → told, closed, and not opened again', () => {
  const { segment, open } = kept()
  const told: string[] = []
  const lent = open({ ...QUIET, onTrouble: ({ code }) => told.push(code) })
  trouble(segment, 'interface-gone')
  lent.close()
  assert.deepEqual([told, segment.closed], [['interface-gone'], 1])
  assert.throws(() => open(), { code: 'capture-failed' })
})

test('what cannot be opened at first is told as it is', () => {
  const refused = new ArpcheckError('no-permission', 'no', { remedy: [] })
  const captures = new KeptCaptures(() => {
    throw refused
  })
  assert.throws(() => captures.open('eno1', 10, QUIET), refused)
  assert.throws(() => captures.open('eno1', 10, QUIET), refused)
})
