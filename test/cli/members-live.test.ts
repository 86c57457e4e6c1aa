// `arpcheck members` as a child process: a Kubernetes API and four speakers of the lab, on a loopback of their own.
import Ajv2020 from 'ajv/dist/2020.js'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { parse } from 'yaml'
import { parseIp, type Ip } from '../../src/core/ip.ts'
import type { MembersReport } from '../../src/core/members-report.ts'
import schema from '../../src/core/members.schema.json'
import type { ApiDouble } from '../../src/lab/api/double.ts'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import { roleWithout, USER } from '../../src/lab/cluster/access.ts'
import {
  endpointSlice,
  l2Advertisement,
  METALLB_NAMESPACE,
  metallbCrds,
  namespaceNamed,
  node,
  pool,
  secret,
  service,
  speakerDaemonSet,
  speakerPod,
} from '../../src/lab/api/objects.ts'
import type { PeerMember } from '../../src/lab/memberlist-peer/frame.ts'
import { startMemberlistPeer, type MemberlistPeer } from '../../src/lab/memberlist-peer/peer.ts'
import { healthyPeer, type PeerScript } from '../../src/lab/memberlist-peer/script.ts'
import { doubleWith, file } from '../helpers/double.ts'
import { NUCS } from '../helpers/homelab.ts'
import { inNamespaces, ipCommand } from '../helpers/netns.ts'

type Nuc = (typeof NUCS)[number]

const program = join(process.cwd(), 'dist/arpcheck.js')
const isMembers = new Ajv2020({ strict: true }).compile<MembersReport>(schema)
const SECRET = 'c2VjcmV0LW9mLXRoZS1ob21lLWxhYi1mb3ItaXRzLXNwZWFrZXJz'
/** As MetalLB 0.16.1 makes it: the first 32 bytes. */
const KEY = Buffer.from(SECRET).subarray(0, 32)
const OTHER_KEY = Buffer.alloc(32, 'o')

function addressOf(name: string): Ip {
  return parseIp(`127.8.0.${10 + Number(name.at(-1))}`)!
}

function memberOf(name: string, more: Partial<PeerMember> = {}): PeerMember {
  return { name, address: addressOf(name), ...more }
}

const ALL = NUCS.map((name) => memberOf(name))

/** `nuc-4` has the hash that wins 192.168.1.60, as at home. */
const OBJECTS: readonly ApiObject[] = [
  namespaceNamed(METALLB_NAMESPACE),
  ...metallbCrds(),
  ...NUCS.map((name) => node({ name, ip: addressOf(name) })),
  speakerDaemonSet({ nodes: NUCS.length }),
  ...NUCS.map((name) => speakerPod({ node: name, ip: addressOf(name) })),
  pool('default', ['192.168.1.60-192.168.1.69']),
  l2Advertisement('default', { ipAddressPools: ['default'] }),
  service({ name: 'traefik', namespace: 'ingress', ips: ['192.168.1.60'] }),
  endpointSlice('traefik', [{ ip: '10.42.0.5', node: 'nuc-2' }], 'ingress'),
  secret('memberlist', { secretkey: SECRET }),
]

type Scripts = Partial<Record<Nuc, Partial<PeerScript>>>

interface Rig {
  readonly double: ApiDouble
  readonly peers: readonly MemberlistPeer[]
  readonly run: (argv: readonly string[], kubeconfig?: string) => Promise<Ran>
}

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

async function rig(t: TestContext, scripts: Scripts = {}, objects = OBJECTS): Promise<Rig> {
  const double = await doubleWith(t, objects)
  const peers = await Promise.all(
    NUCS.map((name) => {
      const script = { ...healthyPeer(name, ALL), key: KEY, ...scripts[name] }
      return startMemberlistPeer(script, addressOf(name), 7946)
    }),
  )
  t.after(() => Promise.all(peers.map((peer) => peer.close())))
  const run: Rig['run'] = (argv, kubeconfig = double.adminKubeconfig) =>
    spawned(argv, file(t, 'kubeconfig', kubeconfig))
  return { double, peers, run }
}

function spawned(argv: readonly string[], kubeconfig: string): Promise<Ran> {
  const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', KUBECONFIG: kubeconfig }
  const child = spawn(process.execPath, [program, ...argv], { env, timeout: 30_000 })
  const out = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (out[name] += text))
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, ...out })))
}

function reportIn(stdout: string): MembersReport {
  const report: unknown = JSON.parse(stdout)
  assert.ok(isMembers(report), JSON.stringify(isMembers.errors))
  return report
}

function codesIn({ findings }: MembersReport): string[] {
  return findings.map(({ code, severity }) => `${code} ${severity}`)
}

/** Somebody whose role has all that is read but the Secret. */
function withoutSecret(double: ApiDouble): string {
  for (const object of roleWithout(['memberlistKey'])) double.api.apply(object)
  return double.kubeconfigFor(double.api.tokens.issue({ name: USER, groups: ['system:authenticated'] }))
}

inNamespaces(() => {
  ipCommand('link set lo up')

  test('all count the same → one line that says so, exit 0, and nothing on stderr', async (t) => {
    const { run } = await rig(t)
    const { status, stdout, stderr } = await run(['members'])
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /✓ {2}4 of 4 speakers count the same 4 members/)
    assert.match(stdout, /\n {5}MetalLB 0\.16\.1 in metallb-system\n/)
  })

  test('-o wide tells whom each view elects for each VIP', async (t) => {
    const { stdout } = await (await rig(t)).run(['members', '-o', 'wide'])
    assert.match(stdout, /VIP +SERVICE +ELECTED +BY THE VIEW OF\n/)
    assert.match(stdout, /✓ {2}192\.168\.1\.60 +ingress\/traefik +nuc-\d +all 4\n/)
  })

  test('-o json and -o yaml print the same report, which its schema accepts', async (t) => {
    const { run } = await rig(t)
    const report = reportIn((await run(['members', '-o', 'json'])).stdout)
    assert.deepEqual(
      [report.kind, report.memberlist, report.speakers.map(({ name, error }) => [name, error])],
      ['Members', 'on', NUCS.map((name) => [name, null])],
    )
    assert.deepEqual(
      report.votes.map(({ vip, votes }) => [vip, votes.map(({ by }) => by)]),
      [['192.168.1.60', [...NUCS]]],
    )
    const again: unknown = parse((await run(['members', '-o', 'yaml'])).stdout)
    assert.ok(isMembers(again), JSON.stringify(isMembers.errors))
    assert.deepEqual(
      again.speakers.map(({ members }) => members),
      report.speakers.map(({ members }) => members),
    )
  })

  test('each speaker is asked once, and for nothing but its list', async (t) => {
    const { run, peers } = await rig(t)
    await run(['members'])
    assert.deepEqual(
      peers.map(({ asked, refused }) => [asked.map(({ kind }) => kind), refused]),
      NUCS.map(() => [['member-list'], []]),
    )
  })

  test('two groups → both are shown; ARP601 is a remark, since one look has no age; exit 0', async (t) => {
    const [left, right] = [ALL.slice(0, 2), ALL.slice(2)]
    const { run } = await rig(t, {
      'nuc-1': { members: left },
      'nuc-2': { members: left },
      'nuc-3': { members: right },
      'nuc-4': { members: right },
    })
    const { status, stdout } = await run(['members', '-o', 'wide'])
    assert.equal(status, 0)
    assert.match(stdout, /!  4 speakers count different members; that may still settle/)
    assert.match(stdout, /✗ {2}192\.168\.1\.60 +ingress\/traefik +nuc-\d +nuc-1, nuc-2\n/)
    assert.deepEqual(codesIn(reportIn((await run(['members', '-o', 'json'])).stdout)), ['ARP601 info'])
  })

  test('another key on one → ARP605, exit 1; the others are read', async (t) => {
    const { run } = await rig(t, { 'nuc-3': { key: OTHER_KEY } })
    const { status, stdout } = await run(['members'])
    assert.equal(status, 1)
    assert.match(stdout, /3 of 4 speakers count the same 4 members; 1 could not be read/)
    assert.match(stdout, /nuc-3 +127\.8\.0\.13 port 7946: no key of ours opens its answer/)
    assert.match(stdout, /! {2}ARP605 {2}The speakers do not all use the same memberlist key/)
    assert.equal((await run(['members', '--fail-on', 'never'])).status, 0)
  })

  test('nobody listens → exit 3, and every one is named with its reason', async (t) => {
    const gone = { conduct: 'refused' } as const
    const { run } = await rig(t, { 'nuc-1': gone, 'nuc-2': gone, 'nuc-3': gone, 'nuc-4': gone })
    const { status, stdout } = await run(['members'])
    assert.equal(status, 3)
    assert.match(stdout, /None of 4 speakers could be read/)
    assert.equal(stdout.match(/port 7946: nothing listens there/g)?.length, 4)
  })

  test('the Secret may not be read → one line says which permission; --memberlist-key-file does instead', async (t) => {
    const { run, double } = await rig(t)
    const user = withoutSecret(double)
    const denied = await run(['members'], user)
    assert.equal(denied.status, 3)
    assert.match(
      denied.stderr,
      /^ {2}! {2}Not allowed to get secrets\/metallb-memberlist in namespace metallb-system\s+\(RBAC\)\./,
    )
    const path = file(t, 'key', SECRET)
    chmodSync(path, 0o600)
    const { status, stderr } = await run(['members', '--memberlist-key-file', path], user)
    assert.deepEqual([status, stderr], [0, ''])
  })

  test('there is no Secret, and no key → read in the clear, with one line about it', async (t) => {
    const open = { key: null }
    const scripts = { 'nuc-1': open, 'nuc-2': open, 'nuc-3': open, 'nuc-4': open }
    const { run } = await rig(
      t,
      scripts,
      OBJECTS.filter(({ kind }) => kind !== 'Secret'),
    )
    const { status, stderr } = await run(['members'])
    assert.equal(status, 0)
    assert.match(stderr, /Namespace metallb-system has no Secret memberlist/)
    assert.equal((await run(['members', '-qq'])).stderr, '')
  })

  test('--udp asks by packets too, and tells in one line that all came through', async (t) => {
    const { run, peers } = await rig(t)
    const { status, stdout } = await run(['members', '--udp'])
    assert.equal(status, 0)
    assert.match(stdout, /udp: all \d+ questions were answered/)
    assert.ok(peers.some(({ asked }) => asked.some(({ kind }) => kind === 'indirect-ping')))
  })

  test('UDP dropped at one → ARP603, and the paths that fail', async (t) => {
    const { run } = await rig(t, { 'nuc-2': { packets: 'dropped' } })
    const { stdout } = await run(['members', '--udp', '-o', 'json'])
    const report = reportIn(stdout)
    assert.ok(
      codesIn(report).some((code) => code.startsWith('ARP603')),
      codesIn(report).join(),
    )
  })

  for (const [quiet, printed] of [
    ['-q', ''],
    ['-qq', ''],
  ] as const) {
    test(`${quiet} prints nothing where all is well`, async (t) => {
      const { status, stdout } = await (await rig(t)).run(['members', quiet])
      assert.deepEqual([status, stdout], [0, printed])
    })
  }

  test('check --memberlist require with nobody to read → exit 3 in one sentence, nothing sent', async (t) => {
    const gone = { conduct: 'refused' } as const
    const { run } = await rig(t, { 'nuc-1': gone, 'nuc-2': gone, 'nuc-3': gone, 'nuc-4': gone })
    const { status, stdout, stderr } = await run(['--memberlist', 'require'])
    assert.deepEqual([status, stdout], [3, ''])
    assert.match(stderr, /No speaker's member list could be read: nuc-1 \(nothing listens there/)
  })

  for (const [argv, said] of [
    [['members', 'nuc-1'], /arpcheck members asks all speakers/],
    [['members', '--no-kube'], /not with --no-kube/],
    [['members', '--memberlist', 'off'], /not with --memberlist off/],
    [['--udp', '192.168.1.60'], /--udp asks speakers/],
    [['192.168.1.60', 'members'], /The command goes first: {2}arpcheck members/],
  ] as const) {
    test(`${argv.join(' ')} → exit 2`, async (t) => {
      const { status, stdout, stderr } = await spawned(argv, file(t, 'kubeconfig', '{}'))
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(stderr.replaceAll(/\s+/g, ' '), new RegExp(said.source.replaceAll(' {2}', ' ')))
    })
  }
})
