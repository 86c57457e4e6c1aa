// The built program on a real segment: two ends of a cable, and a kernel that answers at the far one.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CaptureFileReader } from '../../src/capture/pcapfile.ts'
import { decodeArp } from '../../src/core/arp.ts'
import type { Report } from '../../src/core/report.ts'
import { ownFolder } from '../helpers/folder.ts'
import { cable, inNamespaces, ipCommand, machine, MACS } from '../helpers/netns.ts'
import { tcpdumpLines, tcpdumpMissing } from '../helpers/tcpdump.ts'
import { until } from '../helpers/until.ts'

const program = join(process.cwd(), 'dist/arpcheck.js')
const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ARPCHECK_NO_KUBE: '1' }
const FAST = ['--interval', '10ms', '--timeout', '200ms', '--rate', 'max']

function run(argv: readonly string[], before: readonly string[] = []) {
  const [command, ...rest] = [...before, process.execPath, program, ...argv]
  const { status, stdout, stderr } = spawnSync(command!, rest, { env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

function hasReply(path: string): boolean {
  const frames = new CaptureFileReader().push(readFileSync(path)).map(({ bytes }) => decodeArp(bytes))
  return frames.some((frame) => typeof frame !== 'string' && frame.op === 'reply')
}

inNamespaces(() => {
  const folder = ownFolder()
  cable('eno1', 'far0')
  const owner = machine()
  owner.adopt('far0')
  owner.run('ip', 'address', 'add', '192.168.1.60/24', 'dev', 'far0')
  owner.run('ip', 'link', 'set', 'far0', 'up')
  ipCommand('address add 192.168.1.13/24 dev eno1')

  test('an address that answers is found without naming the interface → exit 0', () => {
    const { status, stdout, stderr } = run([...FAST, '-o', 'json', `192.168.1.60=${MACS.far}`])
    assert.deepEqual([status, stderr], [0, ''])
    const report: Report = JSON.parse(stdout)
    assert.deepEqual(
      report.vips.map(({ vip, verdict, interface: name }) => [vip, verdict, name]),
      [['192.168.1.60', 'ok', 'eno1']],
    )
  })

  test('an address that does not answer → exit 1', () => {
    const { status, stdout } = run([...FAST, '192.168.1.60', '192.168.1.61'])
    assert.equal(status, 1)
    assert.match(stdout, /✗ {2}192\.168\.1\.61 +not given +nobody/)
  })

  test('--pcap saves questions and replies, and --replay judges them again', () => {
    const path = join(folder, 'seen.pcapng')
    const asked = ['192.168.1.61', `192.168.1.60=${MACS.far}`, '-o', 'json']
    const live = run([...FAST, '--pcap', path, ...asked])
    const again = run(['--timeout', '200ms', '--replay', path, ...asked])
    const rowsOf = (stdout: string) =>
      (JSON.parse(stdout) as Report).vips.map(({ vip, verdict, answered }) => [vip, verdict, answered])
    assert.deepEqual([live.status, again.status], [1, 1])
    assert.deepEqual(rowsOf(again.stdout), rowsOf(live.stdout))
  })

  test('tcpdump reads what --pcap saved', { skip: tcpdumpMissing() }, () => {
    const path = join(folder, 'seen.pcapng')
    assert.equal(run([...FAST, '--count', '1', '--pcap', path, '192.168.1.60']).status, 0)
    const [question, reply, ...more] = tcpdumpLines(path)
    assert.match(question!, /Request who-has 192\.168\.1\.60 tell 192\.168\.1\.13/)
    assert.match(reply!, new RegExp(`Reply 192\\.168\\.1\\.60 is-at ${MACS.far}`))
    assert.deepEqual(more, [])
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} prints what is known by then → exit 130`, async () => {
      const path = join(folder, `${signal}.pcapng`)
      // the silent one first: with the other's reply it has been asked for too
      const slow = ['--timeout', '60s', '--pcap', path, '192.168.1.61', '192.168.1.60']
      const child = spawn(process.execPath, [program, ...slow], { env })
      let stdout = ''
      child.stdout.on('data', (text) => (stdout += text))
      await until('a reply is in the file', () => existsSync(path) && hasReply(path))
      child.kill(signal)
      const status = await new Promise((resolve) => child.on('close', resolve))
      assert.equal(status, 130)
      assert.match(stdout, /interrupted · 1 address answered until then/)
      const { stderr, status: again } = run([
        '--replay',
        path,
        '192.168.1.60',
        '192.168.1.61',
        '--timeout',
        '60s',
      ])
      assert.equal(again, 0, stderr)
      assert.match(stderr, /ends before 192\.168\.1\.61 could answer: left\s+out/)
    })
  }

  test('without CAP_NET_RAW it says what is missing, sends nothing → exit 3', () => {
    const { status, stdout, stderr } = run(
      ['-i', 'eno1', '192.168.1.60'],
      ['setpriv', '--bounding-set', '-net_raw'],
    )
    assert.deepEqual([status, stdout], [3, ''])
    assert.match(
      stderr,
      /Not allowed to open a raw socket on eno1 \(CAP_NET_RAW is missing\)\.\s+Nothing was sent\./,
    )
    assert.match(stderr, /once +sudo .*dist\/arpcheck\.js -i eno1 192\.168\.1\.60\n/)
  })

  test('an interface that is down → exit 3, with its name and what to do', () => {
    ipCommand('link set eno1 down')
    const { status, stderr } = run(['-i', 'eno1', '192.168.1.60'])
    ipCommand('link set eno1 up')
    assert.equal(status, 3)
    assert.match(stderr, /eno1 is down \(not switched on\)\. Nothing was sent\.\n.*ip link set eno1 up/)
  })
})
