// On a real kernel, in namespaces of its own. Not covered: a firewall of this host (few kernels here have one).
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ip } from '../../src/core/ip.ts'
import type { ArpcheckError } from '../../src/errors.ts'
import { echo, openEchoSocket } from '../../src/icmp/echo.ts'
import { cable, inNamespaces, ipCommand, machine, runCommand } from '../helpers/netns.ts'
import { packageMissing } from '../helpers/packages.ts'
import { ip } from '../helpers/segment.ts'

const ALIVE = [ip('192.168.1.1'), ip('192.168.1.14')]
const SILENT = [ip('192.168.1.60'), ip('192.168.1.61')]
const NO_ROUTE = ip('203.0.113.9')
const OWN = ip('192.168.1.13')

const MARK = 'ARPCHECK_TEST_ECHO_ONCE'

if (process.env[MARK] === undefined) inNamespaces(tests)
else
  void echo([], { timeoutMs: 1, seed: 1 }).then(
    () => say('sent'),
    (error: ArpcheckError) => say(`${error.code} ${error.message}`),
  )

function say(words: string): void {
  process.stdout.write(words)
}

function tests(): void {
  cable('near', 'far')
  const node = machine()
  node.adopt('far')
  node.run('ip', 'link', 'set', 'far', 'up')
  for (const address of ALIVE) node.run('ip', 'address', 'add', `${address}/24`, 'dev', 'far')
  ipCommand('link set lo up')
  ipCommand(`address add ${OWN}/24 dev near`)

  suite('echo', { skip: packageMissing('raw-socket') }, () => {
    test('who answers is alive, who does not is silent, and all of them in one run', async () => {
      const answers = await echo([...SILENT, ...ALIVE, OWN], { timeoutMs: 300, seed: 1 })
      const expected = new Map<Ip, string>([
        ...SILENT.map((one) => [one, 'silent'] as const),
        ...ALIVE.map((one) => [one, 'alive'] as const),
        [OWN, 'alive'],
      ])
      assert.deepEqual(answers, expected)
    })

    test('where all answer nobody waits for the timeout', async () => {
      assert.equal((await echo(ALIVE, { timeoutMs: 3_600_000, seed: 1 })).size, 2)
    })

    test('an address without a route was not asked: it is not silent, it is missing', async () => {
      assert.deepEqual(
        await echo([NO_ROUTE, ...ALIVE], { timeoutMs: 100, seed: 1 }),
        new Map(ALIVE.map((one) => [one, 'alive'])),
      )
    })

    test('a socket that was opened before serves two runs, and rests between them', async () => {
      const socket = openEchoSocket()
      try {
        for (const seed of [1, 2]) {
          const answers = await echo([ALIVE[0]!, SILENT[0]!], { timeoutMs: 200, seed, socket })
          assert.deepEqual([answers.get(ALIVE[0]!), answers.get(SILENT[0]!)], ['alive', 'silent'])
          // what others ask and hear meanwhile is nobody's
          await echo([ALIVE[1]!], { timeoutMs: 200, seed: 9 })
        }
      } finally {
        socket.close()
      }
    })

    test('IPv6 is not asked', async () => {
      assert.deepEqual(await echo([ip('2001:db8::1')], { timeoutMs: 100, seed: 1 }), new Map())
    })

    test('nobody to ask → nobody, at once', async () => {
      assert.deepEqual(await echo([], { timeoutMs: 3_600_000, seed: 1 }), new Map())
    })

    test('an address given twice is asked once', async () => {
      assert.equal((await echo([ALIVE[0]!, ALIVE[0]!], { timeoutMs: 100, seed: 1 })).size, 1)
    })

    test('an abort ends it: what answered is told, what was still open is missing', async () => {
      const signal = AbortSignal.timeout(100)
      assert.deepEqual(
        await echo([...SILENT, ALIVE[0]!], { timeoutMs: 3_600_000, seed: 1, signal }),
        new Map([[ALIVE[0], 'alive']]),
      )
    })

    test('two runs side by side do not take each other’s answers', async () => {
      const [one, two] = await Promise.all([
        echo(ALIVE, { timeoutMs: 2000, seed: 1 }),
        echo([...SILENT, ...ALIVE], { timeoutMs: 300, seed: 2 }),
      ])
      assert.deepEqual(
        [[...one.values()], [...two.values()]],
        [
          ['alive', 'alive'],
          ['silent', 'silent', 'alive', 'alive'],
        ],
      )
    })

    test('a node that wakes up is alive when it is asked again', async () => {
      node.run('ip', 'link', 'set', 'far', 'down')
      const answers = echo(ALIVE, { timeoutMs: 4000, seed: 1 })
      await sleep(100)
      node.run('ip', 'link', 'set', 'far', 'up')
      assert.deepEqual([...(await answers).values()], ['alive', 'alive'])
    })

    test('more addresses than a segment has → RangeError', async () => {
      const many = Array.from({ length: 1025 }, (_, i) => ip(`10.0.${i >> 8}.${i & 255}`))
      await assert.rejects(echo(many, { timeoutMs: 1, seed: 1 }), RangeError)
    })

    test('without CAP_NET_RAW → no-permission, by its own words', () => {
      assert.match(withoutRights(), /^no-permission Not allowed to ask node addresses by ICMP echo/)
    })
  })
}

/** What this bundle says when it asks without any capability. */
function withoutRights(): string {
  const powerless = ['--inh-caps=-all', '--bounding-set=-all', 'env', `${MARK}=1`]
  return runCommand('setpriv', [...powerless, process.execPath, __filename])
}
