// The engine cap, on a real kernel, in a process of its own: it ends the process when its interface goes down.
import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { openCap } from '../../src/capture/cap.ts'
import type { Capture, CaptureEvents } from '../../src/capture/capture.ts'
import { openNative } from '../../src/capture/native.ts'
import { cable, inNamespaces, ipCommand } from '../helpers/netns.ts'
import { packageMissing } from '../helpers/packages.ts'
import { until } from '../helpers/until.ts'
import { runNode } from './child.ts'
import { captureContract, Listener, questions, replies, texts, type Wire } from './contract.ts'

const MARK = 'ARPCHECK_TEST_CAP_DOWN'
const quiet: CaptureEvents = { onFrames: () => {}, onTrouble: () => {} }

if (process.env[MARK] === undefined) inNamespaces(tests)
else goDown()

/** Opens an interface and switches it off under the engine. */
function goDown(): void {
  openCap({ device: 'near' }, quiet)
  ipCommand('link set near down')
}

function tests(): void {
  const missing = packageMissing('cap')
  if (missing) return void test('the engine cap', { skip: missing })
  cable('near', 'far')
  // cap warns on stderr about a link without an address
  ipCommand('address add 10.10.1.1/24 dev near')
  ipCommand('link add lonely type veth peer name other')
  ipCommand('address add 10.10.0.1/24 dev lonely')
  const far = openNative({ device: 'far', filter: 'inbound and arp' }, quiet)
  after(() => far.close())
  const wire: Wire = {
    bring: (frames) => far.send({ frames, gapNs: 0 }),
    arrived: () => far.drain().map((frame) => frame.bytes),
    setUp: (up) => void ipCommand(`link set near ${up ? 'up' : 'down'}`),
  }
  captureContract({ name: 'cap', wire, open })

  function open(incoming: readonly Uint8Array[], events: CaptureEvents): Capture {
    const capture = openCap({ device: 'near' }, events)
    void wire.bring(incoming)
    return capture
  }

  suite('what only cap does', () => {
    test('it says what it cannot do', () => {
      const capture = open([], quiet)
      assert.deepEqual(capture.can, { statistics: false, timestamps: false, survivesDown: false })
      capture.close()
    })

    test('its own questions are heard as they leave, and all that others ask and answer', async () => {
      const capture = open([], quiet)
      await capture.send({ frames: questions(3), gapNs: 0 })
      await wire.bring(questions(2))
      await wire.bring(replies(1))
      const heard: string[] = []
      await until('the reply', () => heard.push(...texts(capture.drain())) >= 6)
      assert.deepEqual(heard, texts([...questions(3), ...questions(2), ...replies(1)]))
      capture.close()
    })

    test('frames with a gap leave one after the other, others get their turn between', async () => {
      const capture = open([], quiet)
      let turns = 0
      const counting = setInterval(() => turns++, 1)
      await capture.send({ frames: questions(5), gapNs: 10_000_000 })
      clearInterval(counting)
      assert.ok(turns >= 6)
      capture.close()
    })

    for (const [device, code] of [
      ['no-such-link', 'no-such-interface'],
      ['lonely', 'interface-down'],
      ['any', 'not-ethernet'],
    ] as const) {
      test(`${device} → ${code}`, () => {
        assert.throws(() => openCap({ device }, quiet), { code })
      })
    }

    test('handles that failed to open or were closed do not break what comes after them', async () => {
      for (let i = 0; i < 20; i++) {
        assert.throws(() => openCap({ device: 'lonely' }, quiet), { code: 'interface-down' })
        open([], quiet).close()
      }
      globalThis.gc?.()
      const listener = new Listener()
      const capture = open(replies(3), listener)
      await until('an announcement', () => listener.announced > 0)
      capture.close()
    })

    test('an interface that goes down ends the process: why this engine is none by default', () => {
      const { signal, stderr } = runNode([__filename], { [MARK]: '1' })
      assert.equal(signal, 'SIGABRT')
      assert.match(stderr, /Assertion/)
    })
  })
}
