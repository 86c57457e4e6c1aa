// May take 240 s: waits for real speakers, views that are read every ten seconds, and a process that stands still
// The built daemon against the API double, on a cable whose far end is nuc-4: elected for 192.168.1.60. This host is nuc-3.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import type { Report } from '../../../src/core/report.ts'
import { parseIp, type Ip } from '../../../src/core/ip.ts'
import { secret, speakerPod } from '../../../src/lab/api/objects.ts'
import type { ApiObject } from '../../../src/lab/api/kinds.ts'
import { startMemberlistPeer, type MemberlistPeer } from '../../../src/lab/memberlist-peer/peer.ts'
import { healthyPeer } from '../../../src/lab/memberlist-peer/script.ts'
import type { ApiDouble } from '../../../src/lab/api/double.ts'
import { doubleWith, file } from '../../helpers/double.ts'
import { homelab, NUCS } from '../../helpers/homelab.ts'
import { cable, inNamespaces, ipCommand, machine } from '../../helpers/netns.ts'
import { PROGRAM } from '../../helpers/program.ts'
import { until } from '../../helpers/until.ts'

const METRICS = 'http://127.0.0.1:10806'
const LOCAL = 'http://127.0.0.1:10807'

interface Running {
  readonly child: ChildProcess
  readonly double: ApiDouble
  readonly config: string
  /** Its log so far. */
  readonly log: () => string
  readonly ended: Promise<number | null>
}

async function running(
  t: TestContext,
  settings: string,
  objects: readonly ApiObject[] = homelab(),
): Promise<Running> {
  const double = await doubleWith(t, objects)
  const kubeconfig = file(t, 'kubeconfig', double.adminKubeconfig)
  const config = file(t, 'arpcheck.yaml', settings)
  const { PATH = '' } = process.env
  const argv = ['daemon', '--config', config, '--kubeconfig', kubeconfig, '--listen', '127.0.0.1:10806']
  const child = spawn(process.execPath, [PROGRAM, ...argv], {
    env: { PATH, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let text = ''
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, double, config, log: () => text, ended }
}

async function get(url: string, method = 'GET'): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, { method })
    return { status: response.status, text: await response.text() }
  } catch {
    return { status: 0, text: '' }
  }
}

function ours(text: string): string {
  const lines = text.split('\n').filter((line) => /^arpcheck_(?:vip|members|probes)/.test(line))
  return lines.join('\n')
}

/** Scrapes until the line is there: the program's own time is real. */
async function metric(line: RegExp): Promise<void> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const { text } = await get(`${METRICS}/metrics`)
    if (line.test(text)) return
    if (performance.now() > deadline) throw new Error(`no metric like ${line.source} in ${ours(text)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const KEY_TEXT = 'c2VjcmV0LW9mLXRoZS1ob21lLWxhYi1mb3ItaXRzLXNwZWFrZXJz'
/** As MetalLB 0.16.1 makes it: the first 32 bytes. */
const KEY = Buffer.from(KEY_TEXT).subarray(0, 32)
const LEFT = ['nuc-1', 'nuc-2', 'nuc-3'] as const

function speakerAt(name: string): Ip {
  return parseIp(`127.8.0.${10 + Number(name.at(-1))}`)!
}

function membersOf(names: readonly string[]): { name: string; address: Ip }[] {
  return names.map((name) => ({ name, address: speakerAt(name) }))
}

function peerOf(name: string, members: readonly string[]): Promise<MemberlistPeer> {
  return startMemberlistPeer({ ...healthyPeer(name, membersOf(members)), key: KEY }, speakerAt(name), 7946)
}

/** The home lab, its speakers on this host's loopback, and the NIC record of nuc-1, which is far1. */
function withSpeakers(): ApiObject[] {
  const kept = homelab().filter(
    ({ kind, metadata: { name } }) => kind !== 'Pod' && name !== 'memberlist' && name !== 'arpcheck-nuc-1',
  )
  const nics = [{ name: 'eno1', mac: NUC1_MAC, addresses: ['192.168.1.11/24'], state: 'up' }]
  return [
    ...kept,
    ...NUCS.map((name) => speakerPod({ node: name, ip: speakerAt(name) })),
    secret('memberlist', { secretkey: KEY_TEXT }),
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: 'arpcheck-nuc-1',
        namespace: 'arpcheck',
        labels: { 'arpcheck.io/record': 'nics' },
        annotations: { 'arpcheck.io/nics': JSON.stringify(nics) },
      },
      spec: { holderIdentity: 'nuc-1' },
    },
  ]
}

const NUC1_MAC = '02:00:00:00:00:11'

inNamespaces(() => {
  ipCommand('link set lo up')
  cable('eno1', 'far0')
  const nuc4 = machine()
  nuc4.adopt('far0')
  for (const address of ['192.168.1.14', '192.168.1.60'])
    nuc4.run('ip', 'address', 'add', `${address}/24`, 'dev', 'far0')
  nuc4.run('ip', 'link', 'set', 'far0', 'up')
  // nuc-1: another NIC on the same cable, which answers for its own addresses alone
  nuc4.run('ip', ...`link add link far0 name far1 address ${NUC1_MAC} type macvlan mode bridge`.split(' '))
  nuc4.run('ip', 'link', 'set', 'far1', 'up')
  nuc4.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore')
  nuc4.run('ip', 'address', 'add', '192.168.1.11/24', 'dev', 'far1')
  ipCommand('address add 192.168.1.13/24 dev eno1')

  test('a node: watches, serves, writes its record, reads its file again, and ends within 2 s', async (t) => {
    const { child, double, config, log, ended } = await running(
      t,
      'node: nuc-3\ninterval: 2s\nconfirmInterval: 1s\nmemberlist: off\n',
    )
    await metric(/^arpcheck_vip_verdict\{vip="192\.168\.1\.60",verdict="ok"\} 1$/m)
    await metric(/^arpcheck_vip_observed_owner_info\{vip="192\.168\.1\.60",node="nuc-4",/m)
    assert.equal((await get(`${LOCAL}/-/ready`)).status, 200)
    const report: Report = JSON.parse((await get(`${METRICS}/api/v1/report`)).text)
    assert.deepEqual(
      report.vips.map(({ vip, verdict }) => [vip, verdict]).filter(([vip]) => vip === '192.168.1.60'),
      [['192.168.1.60', 'ok']],
    )
    const probed = await get(`${METRICS}/probe?target=192.168.1.60&module=arp`)
    assert.match(probed.text, /^probe_success 1$/m)
    await until(
      'a Lease of nuc-3',
      () =>
        double.api.requests.some(
          ({ method, path }) => method === 'POST' && path.endsWith('/arpcheck/leases'),
        ),
      30_000,
    )
    nuc4.run('ip', 'address', 'del', '192.168.1.60/24', 'dev', 'far0')
    await metric(/^arpcheck_vip_silence_seconds\{vip="192\.168\.1\.60"\} (?!0$)/m)
    await metric(/^arpcheck_vip_verdict\{vip="192\.168\.1\.60",verdict="settling"\} 1$/m)
    nuc4.run('ip', 'address', 'add', '192.168.1.60/24', 'dev', 'far0')
    await metric(/^arpcheck_vip_verdict\{vip="192\.168\.1\.60",verdict="ok"\} 1$/m)
    writeFileSync(config, 'node: nuc-3\ninterval: 3s\nconfirmInterval: 1s\nmemberlist: off\n')
    child.kill('SIGHUP')
    await metric(/^arpcheck_vip_probe_interval_seconds\{vip="192\.168\.1\.60"\} 3$/m)
    writeFileSync(config, 'intervall: 3s\n')
    assert.equal((await get(`${LOCAL}/-/reload`, 'POST')).status, 500)
    await metric(/^arpcheck_config_last_reload_successful 0$/m)
    const startMs = performance.now()
    child.kill('SIGTERM')
    assert.equal(await ended, 0, log())
    assert.ok(performance.now() - startMs < 2000, log())
    assert.match(log(), /"msg":"verdict changed"/)
    const writes = double.api.requests.filter(({ method }) => method !== 'GET')
    assert.deepEqual(
      writes.map(({ method }) => method),
      ['POST'],
      'its record, once',
    )
  })

  test('power loss under real member lists, a clean fail-over → the outage is counted, no fault verdict', async (t) => {
    const peers = await Promise.all(NUCS.map((name) => peerOf(name, NUCS)))
    t.after(() => Promise.all(peers.map((peer) => peer.close())))
    const settings = 'node: nuc-3\ninterval: 3s\nconfirmInterval: 1s\nvantages: all\n'
    const { child, log, ended } = await running(t, settings, withSpeakers())
    await metric(/^arpcheck_vip_verdict\{vip="192\.168\.1\.60",verdict="ok"\} 1$/m)
    await metric(/^arpcheck_members\{view="read"\} 4$/m)

    // the first address of a network takes the others along
    for (const address of ['192.168.1.60', '192.168.1.14'])
      nuc4.run('ip', 'address', 'del', `${address}/24`, 'dev', 'far0')
    await metric(/^arpcheck_vip_silence_seconds\{vip="192\.168\.1\.60"\} (?!0$)/m)
    nuc4.run('ip', 'address', 'add', '192.168.1.60/32', 'dev', 'far1')
    await Promise.all(
      peers.map((peer, i) => peer.play({ ...healthyPeer(NUCS[i]!, membersOf(LEFT)), key: KEY })),
    )
    await metric(/^arpcheck_vip_observed_owner_info\{vip="192\.168\.1\.60",node="nuc-1",/m)
    await metric(/^arpcheck_failover_outage_seconds_count\{provider="metallb"\} 1$/m)
    await metric(/^arpcheck_vip_verdict\{vip="192\.168\.1\.60",verdict="ok"\} 1$/m)

    child.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, 4000)) // as long as a host may be suspended: no waiting for anybody
    child.kill('SIGCONT')
    ipCommand('link set eno1 down')
    await metric(/^(?![^]*verdict="ok"\} 1)/)
    ipCommand('link set eno1 up')
    await metric(/^arpcheck_vip_verdict\{vip="192\.168\.1\.60",verdict="ok"\} 1$/m)
    assert.doesNotMatch(log(), /"verdict":"(?:silent|mismatch|duplicate|foreign|unexpected)"/)
    child.kill('SIGTERM')
    assert.equal(await ended, 0, log())
  })
})
