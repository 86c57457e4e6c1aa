// Power loss with real memberlist: four peers as MetalLB runs them, responders that follow each peer's own view, the
// built arpcheck as the witness. A minute. Not covered: MetalLB's own speaker, and its controller.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Report } from '../../src/core/report.ts'
import { LAN, slowestDeathMs } from '../../src/core/suspicion.ts'
import { overPeers, startMembers, untilJoined } from '../peers/cluster.ts'
import { doubleWith, file } from '../helpers/double.ts'
import { followed, objectsFor, SECRET, VIP } from '../helpers/followed-peers.ts'

/** How late a busy machine, and one check on top of it, may be. */
const SLACK_MS = 15_000

overPeers(body)

function body(peer: string): void {
  test('the elected node loses power → another answers within memberlist’s own bound, and arpcheck says ok by its view', async (t) => {
    const peers = startMembers(peer, 1, 4, ['-secret', SECRET])
    await untilJoined(peers)
    const double = await doubleWith(t, objectsFor(peers))
    const kubeconfig = file(t, 'kubeconfig', double.adminKubeconfig)
    const following = followed(peers)
    t.after(() => following.stop())
    await following.settled()

    const before = rowOf(await ask(kubeconfig))
    assert.deepEqual([before.verdict, before.expected.source], ['ok', 'memberlist'])
    const [owner] = before.truths.elected
    const dead = peers.find(({ name }) => name === owner)!
    await following.end(dead)
    dead.signal('SIGKILL')
    dead.host.run('ip', 'link', 'set', 'eth0', 'down')

    const start = performance.now()
    const [verdicts, sources] = [new Set<string>(), new Set<string>()]
    let last = before
    while (last.truths.elected.includes(owner!) || last.verdict !== 'ok') {
      assert.ok(performance.now() - start < slowestDeathMs(LAN, 4) + SLACK_MS, [...verdicts].join())
      last = rowOf(await ask(kubeconfig))
      verdicts.add(last.verdict)
      sources.add(last.expected.source)
    }
    const tookMs = Math.round(performance.now() - start)
    t.diagnostic(
      `answered again ${following.movedMs(start)} ms after the loss; arpcheck says ok after ${tookMs} ms`,
    )
    t.diagnostic(`on the way: ${[...verdicts].join(', ')}`)
    assert.deepEqual([...sources], ['memberlist'])
    assert.deepEqual(
      [...verdicts].filter((verdict) => !['ok', 'silent', 'settling'].includes(verdict)),
      [],
    )
    assert.deepEqual(last.findings, [])
  })
}

function rowOf({ vips }: Report): Report['vips'][number] {
  return vips.find(({ vip }) => vip === VIP)!
}

function ask(kubeconfig: string): Promise<Report> {
  const argv = ['--iface', 'br0', '--no-cache', '-o', 'json', '--interval', '50ms', '--timeout', '300ms', VIP]
  const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', KUBECONFIG: kubeconfig }
  const child = spawn(process.execPath, [join(process.cwd(), 'dist/arpcheck.js'), ...argv], { env })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
  return new Promise((resolve, reject) =>
    child.on('close', (code) =>
      stdout === '' ? reject(new Error(`exit ${code}: ${stderr}`)) : resolve(JSON.parse(stdout) as Report),
    ),
  )
}
