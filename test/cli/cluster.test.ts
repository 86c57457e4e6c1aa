// The built program against the API double, on a segment with one node: nuc-4, which is elected for 192.168.1.60. The host
// is nuc-3, which is elected for 192.168.1.61.
import Ajv2020 from 'ajv/dist/2020.js'
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import schema from '../../src/core/report.schema.json'
import type { Report } from '../../src/core/report.ts'
import type { ApiDouble, DoubleOptions } from '../../src/lab/api/double.ts'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import { doubleWith, file, folder } from '../helpers/double.ts'
import { homelab } from '../helpers/homelab.ts'
import { cable, inNamespaces, ipCommand, machine, MACS } from '../helpers/netns.ts'
import { runProgram, type Ran } from '../helpers/program.ts'

const FAST = ['--count', '2', '--interval', '10ms', '--timeout', '100ms', '--rate', 'max']
const READABLE = [
  'services',
  'nodes',
  'pods',
  'configmaps',
  'events',
  'endpointslices',
  'daemonsets',
  'leases',
  'customresourcedefinitions',
  'ipaddresspools',
  'l2advertisements',
  'bgpadvertisements',
  'servicel2statuses',
  'configurationstates',
]

/** A home lab's API, a kubeconfig for it, and a place for the list of VIPs. */
interface Rig {
  readonly double: ApiDouble
  readonly kubeconfig: string
  readonly cache: string
  readonly run: (argv: readonly string[], env?: Record<string, string>) => Promise<Ran>
}

async function rig(
  t: TestContext,
  objects: readonly ApiObject[] = homelab(),
  options: DoubleOptions = {},
): Promise<Rig> {
  const double = await doubleWith(t, objects, options)
  const kubeconfig = file(t, 'kubeconfig', double.adminKubeconfig)
  const cache = join(folder(t), 'cache')
  const run = (argv: readonly string[], env = {}): Promise<Ran> =>
    runProgram([...FAST, ...argv], {
      KUBECONFIG: kubeconfig,
      XDG_CACHE_HOME: cache,
      // its speakers are objects of the API alone: nobody would answer for their views
      ARPCHECK_MEMBERLIST: 'off',
      ...env,
    })
  return { double, kubeconfig, cache, run }
}

/** A kubeconfig of somebody who may read everything but these. */
function without(t: TestContext, double: ApiDouble, ...resources: readonly string[]): string {
  const may = READABLE.filter((resource) => !resources.includes(resource))
  const rules = [{ apiGroups: ['*'], resources: may, verbs: ['get', 'list', 'watch'] }]
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  double.api.apply({ apiVersion, kind: 'ClusterRole', metadata: { name: 'reader' }, rules })
  double.api.apply({
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'reader' },
    roleRef: { kind: 'ClusterRole', name: 'reader' },
    subjects: [{ kind: 'User', name: 'jo' }],
  })
  return file(t, 'kubeconfig', double.kubeconfigFor(double.api.tokens.issue({ name: 'jo', groups: [] })))
}

const flat = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

inNamespaces(() => {
  ipCommand('link set lo up')
  cable('eno1', 'far0')
  const nuc4 = machine()
  nuc4.adopt('far0')
  for (const address of ['192.168.1.14', '192.168.1.60'])
    nuc4.run('ip', 'address', 'add', `${address}/24`, 'dev', 'far0')
  nuc4.run('ip', 'link', 'set', 'far0', 'up')
  ipCommand('address add 192.168.1.13/24 dev eno1')

  test('without arguments every VIP is checked, by whom the cluster elects → exit 0', async (t) => {
    const { run } = await rig(t)
    const { status, stdout, stderr } = await run([])
    assert.deepEqual([status, stderr], [0, ''])
    // a kernel stands for the speaker here, and is told apart from one
    assert.match(stdout, /! {2}192\.168\.1\.60 +default\/traefik +nuc-4 +02:00:00:00:00:02/)
    assert.match(stdout, /ARP304 {2}192\.168\.1\.60 is answered by the kernel of nuc-4/)
    assert.match(stdout, /○ {2}192\.168\.1\.61 +default\/gitea +nuc-3 +this host/)
    assert.match(stdout, /from nuc-3 eno1 192\.168\.1\.13 · MetalLB 0\.16\.1 · 4 of 4 speakers ready/)
  })

  test('the JSON of a cluster is as its schema says', async (t) => {
    const { run } = await rig(t)
    const report: Report = JSON.parse((await run(['-o', 'json'])).stdout)
    const isReport = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)
    assert.ok(isReport(report), JSON.stringify(isReport.errors))
    assert.deepEqual(
      report.vips.map(({ vip, verdict, truths }) => [vip, verdict, truths.recorded]),
      [
        ['192.168.1.60', 'ok', ['nuc-4']],
        ['192.168.1.61', 'self', []],
      ],
    )
    assert.deepEqual(report.metallb?.unread, [])
  })

  test('both looks at the cluster go over one connection', async (t) => {
    const { double, run } = await rig(t)
    await run([])
    const lists = double.api.requests.filter(({ path }) => path === '/api/v1/nodes')
    assert.equal(lists.length, 2)
    assert.equal(new Set(double.api.requests.map(({ connection }) => connection)).size, 1)
  })

  test('addresses with a cluster: only these are asked for, and judged by it', async (t) => {
    const { run } = await rig(t)
    const { status, stdout } = await run(['192.168.1.60', '192.168.1.14', '-o', 'json'])
    assert.equal(status, 0)
    const { vips }: Report = JSON.parse(stdout)
    assert.deepEqual(
      vips.map(({ vip, verdict, expected }) => [vip, verdict, expected.source]),
      [
        ['192.168.1.14', 'ok', 'any'],
        ['192.168.1.60', 'ok', 'inferred'],
      ],
    )
  })

  test('VIP=NODE: that node must answer, whomever the cluster elects', async (t) => {
    const { run } = await rig(t)
    assert.equal((await run(['192.168.1.60=nuc-4'])).status, 0)
    const { status, stdout } = await run(['192.168.1.60=nuc-2'])
    assert.equal(status, 1)
    assert.match(stdout, /✗ {2}ARP304 {2}192\.168\.1\.60 is answered by the kernel of nuc-4/)
    assert.match(stdout, /expected +nuc-2 \(given\)\n +elected +nuc-4/)
  })

  test('VIP=NODE of no such node → exit 2 with the one that was meant, and nothing is sent', async (t) => {
    const { run } = await rig(t)
    const { status, stdout, stderr } = await run(['192.168.1.60=nuc-44'])
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, /There is no node "nuc-44" \(192\.168\.1\.60=nuc-44\)\.\n +Did you mean nuc-4\?/)
  })

  for (const [resource, note] of [
    [
      'servicel2statuses',
      'Not allowed to list servicel2statuses.metallb.io in namespace metallb-system (RBAC). "recorded" is empty; everything else was checked.',
    ],
    ['events', "Not allowed to list events in all namespaces (RBAC). MetalLB's events are not shown;"],
    ['endpointslices', 'It is assumed that each Service has an endpoint that serves.'],
  ] as const) {
    test(`without the right to list ${resource} one line on stderr says what is missing → exit 0`, async (t) => {
      const { double, run } = await rig(t)
      const { status, stderr } = await run(['192.168.1.60', '--kubeconfig', without(t, double, resource)])
      assert.equal(status, 0)
      assert.equal(stderr.match(/^ {2}! /gm)?.length, 1, stderr)
      assert.ok(flat(stderr).includes(note), stderr)
    })
  }

  test('without the right to list nodes nobody can be judged → exit 3, and who answers is shown', async (t) => {
    const { double, run } = await rig(t)
    const { status, stdout, stderr } = await run(['--kubeconfig', without(t, double, 'nodes')])
    assert.equal(status, 3)
    assert.match(
      flat(stderr),
      /Not allowed to list nodes in all namespaces \(RBAC\)\. Who should answer is not known\./,
    )
    assert.match(stdout, /None of 2 VIPs could be judged/)
    assert.match(stdout, new RegExp(`192\\.168\\.1\\.60 .* ${MACS.far}`))
  })

  test('without the right to list Services → exit 3; addresses that are given are checked all the same', async (t) => {
    const { double, run } = await rig(t)
    const kubeconfig = without(t, double, 'services')
    const { status, stdout, stderr } = await run(['--kubeconfig', kubeconfig])
    assert.deepEqual([status, stdout], [3, ''])
    assert.match(
      flat(stderr),
      /Not allowed to list services in all namespaces \(RBAC\), so that nobody knows which/,
    )
    const given = await run(['--kubeconfig', kubeconfig, '192.168.1.60'])
    assert.equal(given.status, 0)
    assert.match(given.stdout, /192\.168\.1\.60 +not given +nuc-4/)
  })

  for (const [title, objects, argv, said] of [
    [
      'no MetalLB',
      homelab().filter(({ metadata }) => metadata.namespace !== 'metallb-system'),
      [],
      /This cluster runs no MetalLB: no namespace has a DaemonSet or a pod of its speakers/,
    ],
    [
      'MetalLB in another namespace than the one that is named',
      homelab(),
      ['-n', 'metallb'],
      /Namespace "metallb" holds no MetalLB that can be read: no speaker, and no pool/,
    ],
    [
      'speakers without CRDs',
      homelab().filter(({ apiVersion, kind }) => !/metallb\.io|Custom/.test(apiVersion + kind)),
      [],
      /runs in namespace metallb-system, but the API knows no ipaddresspools\.metallb\.io/,
    ],
  ] as const) {
    test(`${title} → exit 3, one sentence, nothing is sent`, async (t) => {
      const { run } = await rig(t, objects)
      const { status, stdout, stderr } = await run(argv)
      assert.deepEqual([status, stdout], [3, ''])
      assert.match(flat(stderr), said)
      assert.match(stderr, /arpcheck --no-kube 192\.168\.1\.60/)
    })
  }

  test('MetalLB without a Service that has an address → exit 0, and it is said', async (t) => {
    const { run } = await rig(
      t,
      homelab().filter(({ kind }) => kind !== 'Service'),
    )
    const { status, stdout } = await run([])
    assert.equal(status, 0)
    assert.match(stdout, /No VIP: MetalLB has given no address to any Service/)
  })

  test('the API is away → the VIPs of the last good run are asked for, with the age of that list', async (t) => {
    const { double, run } = await rig(t)
    await run([])
    await double.close()
    const { status, stdout, stderr } = await run([])
    assert.equal(status, 3, 'nobody answers for .61, and whether anybody should is not known now')
    assert.match(
      flat(stderr),
      /refuses the connection.* Using the list of 2 VIPs saved (?:just now|\d+ s ago); owners are not judged\. \(--no-cache\)/,
    )
    assert.match(stdout, /192\.168\.1\.60 +default\/traefik +not known +02:00:00:00:00:02/)
    assert.match(stdout, /ARP903 {2}192\.168\.1\.61 is not answered; whether anybody should is not known/)
  })

  test('the API is away, and addresses are given → these are asked for, without owners', async (t) => {
    const { double, run } = await rig(t)
    await double.close()
    const { status, stdout, stderr } = await run(['192.168.1.60', '-o', 'json'])
    assert.equal(status, 0)
    assert.match(flat(stderr), /refuses the connection.* Owners are not judged\./)
    assert.equal((JSON.parse(stdout) as Report).vips[0]!.expected.source, 'any')
  })

  for (const [title, argv, prepare] of [
    ['no list is kept', [], () => {}],
    ['--no-cache', ['--no-cache'], ({ run }: Rig) => run([])],
    ['a node is given', ['192.168.1.60=nuc-4'], ({ run }: Rig) => run([])],
    [
      'the list is damaged',
      [],
      async ({ run, cache }: Rig) => {
        await run([])
        const path = join(cache, 'arpcheck', readdirSync(join(cache, 'arpcheck'))[0]!)
        writeFileSync(path, readFileSync(path, 'utf8').replace('192.168.1.60', '192.168.1.600'))
      },
    ],
  ] as const) {
    test(`the API is away, and ${title} → exit 3 with one sentence and what to do`, async (t) => {
      const made = await rig(t)
      await prepare(made)
      await made.double.close()
      const { status, stdout, stderr } = await made.run(argv)
      assert.deepEqual([status, stdout], [3, ''])
      assert.match(flat(stderr), /^✗ https:\/\/127\.0\.0\.1:\d+ refuses the connection/)
    })
  }

  test('an API that accepts and never answers is given 5 s, then the list is used', async (t) => {
    const { double, run } = await rig(t)
    await run([])
    double.api.faults.add({ times: 1000, does: 'no-headers' })
    const { stdout, stderr } = await run([])
    assert.match(flat(stderr), /does not answer.* Using the list of 2 VIPs/)
    assert.match(stdout, /default\/traefik/)
  })

  test('a token that is no longer good → exit 3, though a list is kept', async (t) => {
    const { double, run } = await rig(t)
    await run([])
    const { status, stdout, stderr } = await run([
      '--kubeconfig',
      file(t, 'kubeconfig', double.kubeconfigFor('old')),
    ])
    assert.deepEqual([status, stdout], [3, ''])
    assert.match(flat(stderr), /^✗ .*(does not accept|credentials|Unauthorized)/i)
  })

  for (const [title, kubeconfig, said] of [
    ['no YAML', '{', /Cannot read the kubeconfig/],
    ['no kubeconfig', 'a: 1', /Cannot use the kubeconfig .*: it holds no context/],
  ] as const) {
    test(`a kubeconfig that is ${title} → exit 2`, async (t) => {
      const { run } = await rig(t)
      const { status, stdout, stderr } = await run(['--kubeconfig', file(t, 'kubeconfig', kubeconfig)])
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(flat(stderr), said)
    })
  }

  test('--context chooses; one that is not there → exit 2', async (t) => {
    const { run } = await rig(t)
    assert.equal((await run(['--context', 'lab'])).status, 0)
    const { status, stderr } = await run(['--context', 'lap'])
    assert.equal(status, 2)
    assert.match(flat(stderr), /holds no context "lap"\. Did you mean "lab"\?/i)
  })

  test('the list of VIPs is for its owner alone, and holds no more than addresses, Services and pools', async (t) => {
    const { cache, run } = await rig(t)
    await run([])
    const kept = join(cache, 'arpcheck')
    const [name, ...more] = readdirSync(kept)
    assert.deepEqual(more, [])
    assert.equal(statSync(kept).mode & 0o777, 0o700)
    assert.equal(statSync(join(kept, name!)).mode & 0o777, 0o600)
    const { vips, origin } = JSON.parse(readFileSync(join(kept, name!), 'utf8'))
    assert.deepEqual(vips, [
      { vip: '192.168.1.60', services: ['default/traefik'], pool: 'default' },
      { vip: '192.168.1.61', services: ['default/gitea'], pool: 'default' },
    ])
    assert.match(origin, /^context "lab" of /)
  })

  test('--no-cache keeps no list', async (t) => {
    const { cache, run } = await rig(t)
    await run(['--no-cache'])
    assert.throws(() => readdirSync(cache))
  })

  test('a list that cannot be kept is told with -v alone', async (t) => {
    const { cache, run } = await rig(t)
    mkdirSync(cache)
    writeFileSync(join(cache, 'arpcheck'), 'in the way')
    assert.deepEqual((await run(['192.168.1.60'])).stderr, '')
    assert.match(flat((await run(['192.168.1.60', '-v'])).stderr), /The list of VIPs could not be kept/)
    chmodSync(cache, 0o700)
  })

  for (const [moment, look, status, said] of [
    ['first', 1, 130, { stdout: /^$/, stderr: /Interrupted before anything was asked/ }],
    ['second', 2, 130, { stdout: /interrupted · 1 VIP answered until then/, stderr: /^$/ }],
  ] as const) {
    test(`Ctrl-C at the ${moment} look at the cluster → exit ${status}`, async (t) => {
      let [looks, child] = [0, undefined as ChildProcess | undefined]
      const onRequest = ({ path }: { path: string }): void => {
        if (path !== '/api/v1/nodes' || ++looks < look) return
        double.api.faults.add({ times: 1000, does: 'no-headers' })
        child?.kill('SIGINT')
      }
      const { double, kubeconfig } = await rig(t, homelab(), { onRequest })
      const ran = await runProgram(FAST, { KUBECONFIG: kubeconfig }, (started) => (child = started))
      assert.equal(ran.status, status)
      assert.match(ran.stdout, said.stdout)
      assert.match(ran.stderr, said.stderr)
    })
  }

  test('explain asks too, and lays election, record and answer side by side → exit 0', async (t) => {
    const { run } = await rig(t)
    const { status, stdout, stderr } = await run(['explain', '192.168.1.60'])
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /192\.168\.1\.60 {2}default\/traefik +! as expected/)
    assert.match(
      stdout,
      /→ nuc-4 +55d42454… +yes +ready +yes\n +nuc-1 +87649eee… +yes +ready +yes, next in line/,
    )
    assert.match(
      stdout,
      /elected +nuc-4 .*\n +recorded +nuc-4 .*\n(.*\n)* +answered +nuc-4 +02:00:00:00:00:02 on eno1/,
    )
  })

  test('explain --without a node tells who would be next, and asks nobody', async (t) => {
    const { run } = await rig(t)
    const { status, stdout } = await run([
      'explain',
      '192.168.1.60',
      '--without',
      'nuc-4',
      '--pcap',
      file(t, 'a', ''),
    ])
    assert.equal(status, 0)
    assert.match(stdout, /without nuc-4: most likely nuc-1/)
    assert.doesNotMatch(stdout, /answered/)
  })

  for (const [argv, said] of [
    [
      ['explain', '192.168.1.99'],
      /192\.168\.1\.99 is no VIP of MetalLB: no Service has it\. VIPs: 192\.168\.1\.60, 192/,
    ],
    [['explain', '192.168.1.60', '--without', 'nuc-44'], /There is no node "nuc-44"\. Did you mean nuc-4\?/],
    [['explain', '192.168.1.60=nuc-4'], /takes one address, not "192\.168\.1\.60=nuc-4"/],
    [['explain', '192.168.1.60', '--no-kube'], /Only a cluster can tell who should answer/],
    [['explain', '192.168.1.60', '-o', 'json'], /prints for people; it has no json/],
    [['explain', '192.168.1.60', '--kubeconfig', '/nowhere'], /Cannot read the kubeconfig \/nowhere/],
    [['explain'], /takes one VIP, or one code/],
    [['explain', 'ARP999'], /There is no finding "ARP999"/],
    [['192.168.1.60', '--without', 'nuc-4'], /--without goes with explain/],
  ] as const) {
    test(`${argv.join(' ')} → exit 2`, async (t) => {
      const { run } = await rig(t)
      const { status, stdout, stderr } = await run(argv)
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(flat(stderr), said)
    })
  }

  test('explain while the API is away → exit 3: nobody can say who should answer', async (t) => {
    const { double, run } = await rig(t)
    await run([])
    await double.close()
    const { status, stdout, stderr } = await run(['explain', '192.168.1.60'])
    assert.deepEqual([status, stdout], [3, ''])
    assert.match(flat(stderr), /^✗ https:.* refuses the connection/)
  })

  test('explain where nothing may be sent tells the election all the same → exit 0', async (t) => {
    const { kubeconfig } = await rig(t)
    const before = ['setpriv', '--bounding-set', '-net_raw']
    const ran = await runProgram(['explain', '192.168.1.60'], { KUBECONFIG: kubeconfig }, undefined, before)
    assert.equal(ran.status, 0)
    assert.match(flat(ran.stderr), /CAP_NET_RAW is missing\)\. Who answers is not known\./)
    assert.match(ran.stdout, /→ nuc-4 (.*\n)*.*answered +not asked/)
  })

  test('explain CODE and explain NAME print the same, without a cluster', async () => {
    const [byCode, byName] = await Promise.all([
      runProgram(['explain', 'arp102']),
      runProgram(['explain', 'dead-owner']),
    ])
    assert.deepEqual([byCode.status, byCode.stdout], [0, byName.stdout])
    assert.match(byCode.stdout, /✗ {2}ARP102 {2}dead-owner \(error\)/)
  })

  test('no kubeconfig anywhere: given addresses are checked without a cluster, and one line says so', async (t) => {
    const env = { HOME: folder(t) }
    const { status, stderr } = await runProgram([...FAST, '192.168.1.60'], env)
    assert.deepEqual(
      [status, flat(stderr)],
      [0, '! No kubeconfig found: the addresses are checked without a cluster.'],
    )
  })

  test('no kubeconfig anywhere, and nothing to ask for → exit 2, with the places that were looked at', async (t) => {
    const { status, stdout, stderr } = await runProgram([], { HOME: folder(t) })
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(
      flat(stderr),
      /^✗ No kubeconfig.*--kubeconfig.*\$KUBECONFIG.*\.kube\/config.*k3s\.yaml.*serviceaccount/,
    )
  })
})
