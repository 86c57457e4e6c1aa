// Secrets that are known to a test, and everything that the built program leaves behind: streams, files, answers.
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { parseIp, type Ip } from '../../src/core/ip.ts'
import type { ApiDouble } from '../../src/lab/api/double.ts'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import { secret, speakerPod } from '../../src/lab/api/objects.ts'
import { startMemberlistPeer } from '../../src/lab/memberlist-peer/peer.ts'
import { healthyPeer } from '../../src/lab/memberlist-peer/script.ts'
import { doubleWith, file, folder } from '../helpers/double.ts'
import { homelab, NUCS } from '../helpers/homelab.ts'
import { cable, inNamespaces, ipCommand } from '../helpers/netns.ts'
import { Probed } from '../helpers/privilege.ts'
import { runProgram } from '../helpers/program.ts'

const KEY_TEXT = 'c2VjcmV0LW9mLXRoZS1ob21lLWxhYi1mb3ItaXRzLXNwZWFrZXJz'
const KEY = Buffer.from(KEY_TEXT).subarray(0, 32)
const ADMIN = { name: 'admin', groups: ['system:masters'] }

/** All of it, its parts, and as other programs write it down. */
function spellings(text: string): string[] {
  const bytes = Buffer.from(text)
  const whole = [bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex'), encodeURIComponent(text)]
  return [text.slice(0, 12), text.slice(-12), ...whole.map((one) => one.slice(0, 24))]
}

function assertNone(secrets: readonly string[], left: ReadonlyMap<string, string>): void {
  assert.ok(left.size > 0)
  const found = [...left].flatMap(([where, text]) =>
    secrets.flatMap(spellings).flatMap((one) => (text.includes(one) ? [`${where} holds ${one}`] : [])),
  )
  assert.deepEqual(found, [])
}

function addressOf(name: string): Ip {
  return parseIp(`127.8.0.${10 + Number(name.at(-1))}`)!
}

function objects(): ApiObject[] {
  const others = homelab().filter(({ kind, metadata: { name } }) => kind !== 'Pod' && name !== 'memberlist')
  const speakers = NUCS.map((name) => speakerPod({ node: name, ip: addressOf(name) }))
  return [...others, ...speakers, secret('memberlist', { secretkey: KEY_TEXT })]
}

interface World {
  readonly double: ApiDouble
  readonly token: string
  readonly kubeconfig: string
  /** Where everything is kept that the program writes. */
  readonly home: string
}

async function world(t: TestContext): Promise<World> {
  const double = await doubleWith(t, objects())
  const members = NUCS.map((name) => ({ name, address: addressOf(name) }))
  for (const name of NUCS) {
    const peer = await startMemberlistPeer({ ...healthyPeer(name, members), key: KEY }, addressOf(name), 7946)
    t.after(async () => peer.close())
  }
  const token = double.api.tokens.issue(ADMIN)
  return { double, token, kubeconfig: file(t, 'k', withToken(double, token)), home: folder(t) }
}

function withToken(double: ApiDouble, token: string): string {
  const config = JSON.parse(double.adminKubeconfig) as object
  return JSON.stringify({ ...config, users: [{ name: 'lab', user: { token } }] })
}

/** Every file below a folder, as text; and none that anybody else may read. */
function filesBelow(folderOfIts: string): [string, string][] {
  return readdirSync(folderOfIts, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    assert.equal(statSync(path).mode & 0o077, 0, `${path} is its owner's alone`)
    return entry.isFile() ? [[path, readFileSync(path, 'latin1')] as [string, string]] : []
  })
}

const FAST = ['-i', 'eno1', '--interval', '10ms', '--timeout', '200ms', '--no-settle']

inNamespaces(() => {
  ipCommand('link set lo up')
  cable('eno1', 'far0')
  ipCommand('address add 192.168.1.13/24 dev eno1')

  test('what is looked for is found where it is: the search is no empty one', () => {
    for (const text of [
      KEY_TEXT,
      Buffer.from(KEY_TEXT).toString('base64'),
      KEY.toString('hex'),
      `x${KEY_TEXT.slice(0, 20)}`,
    ])
      assert.throws(() => assertNone([KEY_TEXT], new Map([['a file', text]])))
  })

  test('one-shots, members and explain: neither token nor key in streams, cache, recording; files are 0600', async (t) => {
    const { token, kubeconfig, home } = await world(t)
    const env = { HOME: home, XDG_CACHE_HOME: join(home, 'cache') }
    const base = ['--kubeconfig', kubeconfig, '--verbose']
    const pcap = join(home, 'seen.pcapng')
    const left = new Map<string, string>()
    for (const argv of [
      [...FAST, ...base, '-o', 'json', '--pcap', pcap],
      [...FAST, ...base, '-o', 'wide'],
      ['members', ...base, '-o', 'json'],
      ['members', ...base, '-o', 'wide', '--udp'],
      ['explain', '192.168.1.60', ...FAST, ...base],
    ]) {
      const { stdout, stderr } = await runProgram(argv, env)
      assert.notEqual(stdout, '', stderr)
      left.set(argv.join(' '), stdout + stderr)
    }
    assert.match(
      left.get(['members', ...base, '-o', 'json'].join(' '))!,
      /"address": ?"127\.8\.0\.11"/,
      'views were opened',
    )
    const files = filesBelow(home)
    assert.deepEqual(files.map(([path]) => path.replace(/[\da-f]{16}/, 'ID')).toSorted(), [
      join(home, 'cache/arpcheck/ID.json'),
      pcap,
    ])
    assertNone([token, KEY_TEXT, KEY.toString('latin1')], new Map([...left, ...files]))
  })

  test('what goes wrong with a secret is told without it', async (t) => {
    const { double, kubeconfig, home } = await world(t)
    const marker = 'marker-of-a-secret-that-nobody-may-see-anywhere'
    const env = { HOME: home }
    const broken = file(t, 'broken', `users:\n- name: lab\n  user: {token: ${marker}: ${marker}\n`)
    const lineBreak = file(t, 'lines', withToken(double, `${marker}\n${marker}`))
    const left = new Map<string, string>()
    for (const argv of [
      [...FAST, '-v', '--kubeconfig', file(t, 'refused', withToken(double, marker))],
      [...FAST, '-v', '--kubeconfig', broken],
      [...FAST, '-v', '--kubeconfig', lineBreak],
      ['members', '-v', '--kubeconfig', kubeconfig, '--memberlist-key-file', file(t, 'key', marker)],
      [
        'members',
        '-v',
        '--kubeconfig',
        kubeconfig,
        '--memberlist-key-file',
        file(t, 'other', Buffer.from(marker).subarray(0, 32).toString()),
      ],
    ]) {
      const { stdout, stderr } = await runProgram(argv, env)
      assert.notEqual(stdout + stderr, '')
      left.set(argv.join(' '), stdout + stderr)
    }
    assertNone([marker, KEY_TEXT], left)
  })

  test('a daemon that logs each frame: neither token nor key in its log, its metrics, its report, its probes', async (t) => {
    const { token, kubeconfig, home } = await world(t)
    mkdirSync(join(home, 'cache'), { mode: 0o700 })
    const config = file(t, 'arpcheck.yaml', 'interfaces: eno1\nvantages: all\nbudget: 100\nlogLevel: debug\n')
    const env = { HOME: home, XDG_CACHE_HOME: join(home, 'cache') }
    const run = new Probed(['daemon', '--config', config, '--kubeconfig', kubeconfig], folder(t), env)
    t.after(() => run.child.kill('SIGKILL'))
    const left = new Map<string, string>()
    const deadline = performance.now() + 30_000
    while (!/^arpcheck_members\{view="read"\} 4$/m.test(await textAt('http://127.0.0.1:10806/metrics')))
      assert.ok(performance.now() < deadline, `no view was read: ${run.stderr}`)
    for (const path of ['metrics', 'api/v1/report', 'probe?target=192.168.1.60'])
      left.set(path, await textAt(`http://127.0.0.1:10806/${path}`))
    for (const path of ['-/healthy', '-/ready'])
      left.set(path, await textAt(`http://127.0.0.1:10807/${path}`))
    run.child.kill('SIGTERM')
    assert.equal(await run.ended, 0)
    left.set('log', run.stderr).set('stdout', `.${run.stdout}`)
    for (const [where, said] of left) assert.notEqual(said, '', where)
    assert.deepEqual(filesBelow(home), [], 'a daemon writes no file')
    assertNone([token, KEY_TEXT, KEY.toString('latin1')], left)
  })
})

async function textAt(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text()
  } catch {
    return ''
  }
}
