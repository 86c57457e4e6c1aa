import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import type { Capture } from '../../src/capture/capture.ts'
import { openNative } from '../../src/capture/native.ts'
import { ArpcheckError } from '../../src/errors.ts'
import { cable, inNamespaces, ipCommand, MACS } from '../helpers/netns.ts'
import { until } from '../helpers/until.ts'
import { questions, replies } from './contract.ts'

const quiet = { onFrames: () => {}, onTrouble: () => {} }

inNamespaces(() => {
  openingErrors()
  troubles()
  withoutRights()
})

function openingErrors(): void {
  cable('e0', 'e1')
  ipCommand('link set lo up')

  test('no such interface → no-such-interface', () => {
    assert.throws(
      () => openNative({ device: 'eno7' }, quiet),
      refusal('no-such-interface', 'There is no interface eno7 here.'),
    )
  })

  for (const device of ['any', 'usbmon0', 'nflog:1', 'e0:1', 'a-name-that-is-too-long-for-linux', '']) {
    test(`libpcap's own device ${JSON.stringify(device)} is not an interface → no-such-interface`, () => {
      assert.throws(() => openNative({ device }, quiet), refusal('no-such-interface'))
    })
  }

  test('loopback → not-ethernet', () => {
    assert.throws(() => openNative({ device: 'lo' }, quiet), refusal('not-ethernet'))
  })

  test('switched off → interface-down, and says which kind', () => {
    ipCommand('link set e0 down')
    assert.throws(
      () => openNative({ device: 'e0' }, quiet),
      refusal('interface-down', 'e0 is down (switched off).'),
    )
    ipCommand('link set e0 up')
  })

  test('no carrier → interface-down, and says which kind', () => {
    ipCommand('link set e1 down')
    assert.throws(
      () => openNative({ device: 'e0' }, quiet),
      refusal('interface-down', 'e0 is down (no carrier).'),
    )
    ipCommand('link set e1 up')
  })

  test("a filter that does not compile → capture-failed, in libpcap's words", () => {
    assert.throws(
      () => openNative({ device: 'e0', filter: 'arp and nonsense' }, quiet),
      refusal('capture-failed', /^Cannot capture on e0: .*syntax error/),
    )
  })

  for (const options of [
    { etherType: 0 },
    { snapLength: 63 },
    { ringFrames: 0 },
    { ringFrames: 0.5 },
    { kernelBufferBytes: NaN },
  ]) {
    test(`${JSON.stringify(options)} → a TypeError`, () => {
      assert.throws(() => openNative({ device: 'e0', ...options }, quiet), TypeError)
    })
  }
}

function refusal(code: string, message: string | RegExp = ''): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ArpcheckError)
    assert.equal(error.code, code)
    assert.ok(message instanceof RegExp ? message.test(error.message) : error.message.startsWith(message))
    return true
  }
}

/** A capture on a cable of its own, and all it has told. */
function watched(near: string, far: string): { capture: Capture; told: string[] } {
  cable(near, far)
  const told: string[] = []
  const onTrouble = ({ code, message }: ArpcheckError): void => void told.push(`${code}: ${message}`)
  return { capture: openNative({ device: near }, { ...quiet, onTrouble }), told }
}

function troubles(): void {
  for (const [what, name, commands, expected] of [
    [
      'goes down and comes back',
      'a',
      ['link set a0 down', 'link set a0 up'],
      ['interface-down: a0 is down (switched off).', 'interface-changed: a0 is up again.'],
    ],
    ['loses its carrier', 'b', ['link set b1 down'], ['interface-down: b0 is down (no carrier).']],
    [
      'loses its carrier, then is switched off',
      'c',
      ['link set c1 down', 'link set c0 down', 'link set c0 up', 'link set c1 up'],
      ['interface-down: c0 is down (no carrier).', 'interface-changed: c0 is up again.'],
    ],
    ['is renamed', 'd', ['link set d0 name d9'], ['interface-changed: d0 is now called d9.']],
    [
      'gets another MAC',
      'f',
      ['link set f0 address 02:00:00:00:00:99'],
      [`interface-changed: The MAC address of f0 changed from ${MACS.near} to 02:00:00:00:00:99.`],
    ],
    [
      'is deleted',
      'g',
      ['link del g0'],
      ['interface-down: g0 is down (switched off).', 'interface-gone: g0 is gone.'],
    ],
  ] as const) {
    test(`an interface that ${what} → ${expected.map((line) => line.split(':')[0]).join(', ')}`, async () => {
      const { capture, told } = watched(`${name}0`, `${name}1`)
      for (const command of commands) ipCommand(command)
      await until(expected.at(-1)!, () => told.includes(expected.at(-1)!))
      assert.deepEqual(told, expected)
      capture.close()
    })
  }

  test('a port that leaves its bridge is not gone', async () => {
    const { capture, told } = watched('h0', 'h1')
    for (const command of ['link add br0 type bridge', 'link set h0 master br0', 'link set h0 nomaster'])
      ipCommand(command)
    ipCommand('link set h0 name h9')
    await until('the rename, which came last', () => told.length > 0)
    assert.deepEqual(told, ['interface-changed: h0 is now called h9.'])
    capture.close()
  })

  test('a renamed interface that goes down and up still captures', async () => {
    const { capture, told } = watched('i0', 'i1')
    for (const command of ['link set i0 name i9', 'link set i9 down', 'link set i9 up']) ipCommand(command)
    await until('up again', () => told.includes('interface-changed: i9 is up again.'))
    const far = openNative({ device: 'i1' }, quiet)
    for (let i = 1; i <= 3; i++) {
      await far.send({ frames: replies(1), gapNs: 0 })
      await until(`reply ${i}`, () => capture.drain().length === 1)
    }
    assert.equal(told.length, 3, told.join('\n'))
    far.close()
    capture.close()
  })

  test('frames for an interface that is down or gone are counted as not sent, and sending ends', async () => {
    const { capture, told } = watched('j0', 'j1')
    ipCommand('link set j0 down')
    await capture.send({ frames: questions(100), gapNs: 0 })
    assert.equal(capture.statistics()?.sendErrors, 100)
    ipCommand('link set j0 up')
    await capture.send({ frames: questions(1), gapNs: 0 })
    assert.equal(capture.statistics()?.sent, 1)
    ipCommand('link del j0')
    await until('gone', () => told.includes('interface-gone: j0 is gone.'))
    await capture.send({ frames: questions(100), gapNs: 0 })
    assert.equal(capture.statistics()?.sendErrors, 200)
    capture.close()
  })

  test('an interface that flaps 500 times while JavaScript is busy is told of at most 64 times, the last time last', async () => {
    const { capture, told } = watched('k0', 'k1')
    const batch = 'link set k0 down\nlink set k0 up\n'.repeat(500) + 'link set k0 name k9\n'
    assert.equal(spawnSync('ip', ['-batch', '-'], { input: batch }).status, 0)
    await until('the rename', () => told.includes('interface-changed: k0 is now called k9.'))
    assert.ok(told.length <= 64, `${told.length}`)
    assert.equal(told.at(-1), 'interface-changed: k0 is now called k9.')
    capture.close()
  })
}

/** Runs this file's own bundle as a user without rights; it opens `e0` and prints the refusal. */
function withoutRights(): void {
  test('no CAP_NET_RAW → no-permission, with the ways to get it', (t) => {
    const { status, stdout } = spawnSync(
      'setpriv',
      ['--bounding-set', '-net_raw', '--inh-caps', '-net_raw', process.execPath, '-e', OPEN],
      {
        encoding: 'utf8',
        env: { ...process.env, ADDON: `${__dirname}/arpcheck.node` },
      },
    )
    if (status !== 0) return t.skip('setpriv cannot drop a capability here: install util-linux')
    assert.equal(stdout.trim(), 'no-permission')
  })
}

const OPEN = `
  const holder = { exports: {} }
  process.dlopen(holder, process.env.ADDON)
  const options = { device: 'e0', filter: 'arp', etherType: 3, snapLength: 128, kernelBufferBytes: 65536, ringFrames: 16, highRate: 0, foldRepeats: 0 }
  try { new holder.exports.Capture().open(options, () => {}) } catch (error) { console.log(error.code) }
`
