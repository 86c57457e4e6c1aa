// The built program on a real segment: two ends of a cable, and a kernel that answers at the far one.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Report } from '../../src/core/report.ts'
import { ownFolder } from '../helpers/folder.ts'
import { cable, inNamespaces, ipCommand, machine, MACS } from '../helpers/netns.ts'
import { until } from '../helpers/until.ts'

const program = join(process.cwd(), 'dist/arpcheck.js')
const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8' }
const FAST = ['--interval', '10ms', '--timeout', '200ms', '--rate', 'max']

function run(argv: readonly string[], before: readonly string[] = []) {
  const [command, ...rest] = [...before, process.execPath, program, ...argv]
  const { status, stdout, stderr } = spawnSync(command!, rest, { env, encoding: 'utf8' })
  return { status, stdout, stderr }
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
    const path = join(folder, 'seen.pcap')
    assert.equal(run([...FAST, '--pcap', path, '192.168.1.60']).status, 0)
    const { status, stdout } = run(['--replay', path, `192.168.1.60=${MACS.far}`, '-o', 'json'])
    assert.equal(status, 0)
    const report: Report = JSON.parse(stdout)
    assert.equal(report.vips[0]!.answered[0]!.replies, 3)
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} prints what is known by then → exit 130`, async () => {
      const path = join(folder, `${signal}.pcap`)
      const slow = ['--timeout', '60s', '--pcap', path, '192.168.1.60', '192.168.1.61']
      const child = spawn(process.execPath, [program, ...slow], { env })
      let stdout = ''
      child.stdout.on('data', (text) => (stdout += text))
      // four frames and the file's header: the first reply has come
      await until('a reply is in the file', () => existsSync(path) && statSync(path).size > 24 + 4 * 58)
      child.kill(signal)
      const status = await new Promise((resolve) => child.on('close', resolve))
      assert.equal(status, 130)
      assert.match(stdout, /interrupted · 1 address answered until then/)
      assert.ok(readFileSync(path).length > 24)
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
    assert.match(stderr, /once +sudo .*arpcheck -i eno1 192\.168\.1\.60\n/)
  })

  test('an interface that is down → exit 3, with its name and what to do', () => {
    ipCommand('link set eno1 down')
    const { status, stderr } = run(['-i', 'eno1', '192.168.1.60'])
    ipCommand('link set eno1 up')
    assert.equal(status, 3)
    assert.match(stderr, /eno1 is down \(not switched on\)\. Nothing was sent\.\n.*ip link set eno1 up/)
  })
})
