// May take 240 s: half a dozen starts of the program, on a busy machine
// What this host does to us, on links of the test's own: the built program, once and as daemon.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Report } from '../../src/core/report.ts'
import { doubleWith, file, folder } from '../helpers/double.ts'
import { OWNED, recordedHomelab, segment, SETTINGS, verdictIn } from '../helpers/flooded.ts'
import { inNamespaces, ipCommand, runCommand } from '../helpers/netns.ts'
import { runProgram } from '../helpers/program.ts'
import { RunningDaemon } from '../helpers/running-daemon.ts'

const OK = new RegExp(`^arpcheck_vip_verdict\\{vip="${OWNED}",verdict="ok"\\} 1$`, 'm')
const NOT_OK = /^(?![^]*verdict="ok"\} 1)[^]*^arpcheck_build_info/m
const FAULT = /"verdict":"(?:silent|mismatch|duplicate|foreign|unexpected)"/
const NO_KUBE = { ARPCHECK_NO_KUBE: '1' }
const QUICK = ['--count', '1', '--timeout', '300ms']
/** `tc` with a queue that drops most of what is sent. */
const NARROW = 'qdisc add dev eno1 root tbf rate 1kbit burst 100 limit 100'

inNamespaces(() => {
  const owner = segment()
  const others = ['192.168.1.101', '192.168.1.102', '192.168.1.103', '192.168.1.104', '192.168.1.105']
  for (const ip of others) owner.run('ip', 'address', 'add', `${ip}/32`, 'dev', 'far0')

  test(
    'the kernel refuses most questions (ENOBUFS) → those are unknown, not silent; what was answered is ok',
    { skip: narrowMissing() },
    async () => {
      runCommand('tc', NARROW.split(' '))
      const { stdout, stderr } = await runProgram([...QUICK, '-o', 'json', OWNED, ...others], NO_KUBE)
      runCommand('tc', 'qdisc del dev eno1 root'.split(' '))
      const { vips } = JSON.parse(stdout) as Report
      const said = vips.map(({ verdict, reason }) => reason ?? verdict)
      const isHonest = (one: string): boolean => ['ok', 'frames-lost', 'deaf-vantage'].includes(one)
      assert.ok(said.every(isHonest), `${said.join()} ${stderr}`)
      assert.ok(
        said.some((one) => one !== 'ok'),
        'nothing was refused',
      )
    },
  )

  for (const limit of [20, 22])
    test(`${limit} descriptors are too few for one check → exit 3, with the kernel's words`, async () => {
      const before = ['prlimit', `--nofile=${limit}:${limit}`]
      const { status, stdout, stderr } = await runProgram([...QUICK, OWNED], NO_KUBE, undefined, before)
      assert.deepEqual([status, stdout], [3, ''], stderr)
      assert.match(stderr.replaceAll(/\s+/g, ' '), /✗ Cannot .*Too many open files/)
    })

  test('no memory (a heap of 4 MB) → it dies with the words of V8, and leaves nothing; the next one runs', async () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--max-old-space-size=4', 'dist/arpcheck.js', ...QUICK, OWNED],
      { env: { PATH: process.env['PATH'], ...NO_KUBE }, encoding: 'utf8' },
    )
    assert.notEqual(status, 0)
    assert.match(stderr, /heap out of memory/)
    assert.equal((await runProgram([...QUICK, OWNED], NO_KUBE)).status, 0)
  })

  test('no room for the list of VIPs → the check is as without it, and no half of a list is left', async (t) => {
    const double = await doubleWith(t, recordedHomelab())
    const cache = join(folder(t), 'cache')
    mkdirSync(cache)
    runCommand('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'none', cache])
    // what is there takes all
    spawnSync('sh', ['-c', `head -c 100000 /dev/zero > ${join(cache, 'full')}`])
    const kubeconfig = file(t, 'kubeconfig', double.adminKubeconfig)
    const argv = ['--kubeconfig', kubeconfig, ...QUICK, '--memberlist', 'off', '-o', 'json']
    const { stdout, stderr } = await runProgram(argv, { XDG_CACHE_HOME: cache })
    const { vips } = JSON.parse(stdout || '{"vips":[]}') as Report
    assert.equal(vips.find(({ vip }) => vip === OWNED)?.verdict, 'ok', stderr)
    const kept = existsSync(join(cache, 'arpcheck')) ? readdirSync(join(cache, 'arpcheck')) : []
    runCommand('umount', [cache])
    assert.deepEqual(kept, [])
  })

  test('the name of the API server is not known to DNS → exit 3, which name, where it stands, and what to do', async (t) => {
    const cluster = '{name: x, cluster: {server: "https://api.cluster.invalid:6443"}}'
    const [context, user] = ['{name: x, context: {cluster: x, user: x}}', '{name: x, user: {token: a}}']
    const text = `apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts: [${context}]\nclusters: [${cluster}]\nusers: [${user}]\n`
    const { status, stdout, stderr } = await runProgram(['--kubeconfig', file(t, 'kubeconfig', text)], {
      XDG_CACHE_HOME: folder(t),
    })
    assert.deepEqual([status, stdout], [3, ''])
    const said = stderr.replaceAll(/\s+/g, ' ')
    assert.match(
      said,
      /api\.cluster\.invalid:6443 has a name (?:for which no DNS server answers|that DNS does not know)/,
    )
    assert.match(said, /clusters\[\]\.cluster\.server/)
  })

  test('the interface flaps ten times a second, its MTU and its type change → the daemon accuses nobody, and is ok after it', async (t) => {
    const daemon = await RunningDaemon.start(t, SETTINGS, 10_850, recordedHomelab())
    await daemon.metric(OK, 60_000)
    for (let flap = 0; flap < 20; flap++) {
      ipCommand(`link set eno1 ${flap % 2 === 0 ? 'down' : 'up'}`)
      await new Promise((resolve) => setTimeout(resolve, 50)) // what is tested: ten times a second
    }
    await daemon.metric(OK, 60_000)
    for (const mtu of [1280, 68, 9000, 1500]) ipCommand(`link set eno1 mtu ${mtu}`)
    const asked = (text: string): number =>
      Number(/mode="broadcast",result="reply"\} (\d+)/.exec(text)?.[1] ?? 0)
    const before = asked(await daemon.scrape())
    while (asked(await daemon.scrape()) < before + 2) await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(verdictIn(await daemon.scrape(), OWNED), 'ok')

    for (const words of ['set eno1 down', 'set eno1 name eno8']) ipCommand(`link ${words}`)
    ipCommand('tuntap add mode tun name eno1')
    ipCommand('link set eno1 up')
    await daemon.metric(NOT_OK)
    ipCommand('link del eno1')
    for (const words of ['set eno8 name eno1', 'set eno1 up']) ipCommand(`link ${words}`)
    await daemon.metric(OK, 60_000)
    assert.doesNotMatch(daemon.log, FAULT)
    assert.doesNotMatch(daemon.log, /a mistake of ours/)
    assert.equal((await daemon.terminate()).status, 0, daemon.log)
  })

  function narrowMissing(): string | false {
    const { status } = spawnSync('tc', NARROW.split(' '))
    if (status === 0) spawnSync('tc', 'qdisc del dev eno1 root'.split(' '))
    return status === 0 ? false : 'not here: tc and the kernel have no tbf'
  }
})
