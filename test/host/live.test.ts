// The real kernel, in a namespace of its own. Not covered: VLAN and bond links (few test machines have the modules).
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { HostFacts, HostTable, Link } from '../../src/core/host.ts'
import { netlinkAddon } from '../../src/host/addon.ts'
import { readHostFacts } from '../../src/host/facts.ts'
import { readPlainHostFacts } from '../../src/host/plain.ts'
import { watchHost } from '../../src/host/watch.ts'
import { inNamespaces, runCommand } from '../helpers/netns.ts'
import { until } from '../helpers/until.ts'

inNamespaces(liveTests)

function linkNamed(name: string): Link | undefined {
  return readHostFacts().links.find((link) => link.name === name)
}

/** A watch that remembers and ends with its test; `seen` holds every table told so far. */
function recorder(t: TestContext, neighbours = false) {
  const seen = new Set<HostTable>()
  const watch = watchHost((changed) => changed.forEach((table) => seen.add(table)), assert.ifError, {
    neighbours,
  })
  t.after(() => watch.close())
  return { seen, watch }
}

/** Runs `ip` commands, one a line, in one process. */
function ip(commands: string): void {
  const input = `${commands.replaceAll(/^\s+/gm, '')}\n`
  const { status, stderr } = spawnSync('ip', ['-batch', '-'], { input, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}

function liveTests(): void {
  test('a fresh namespace has a loopback link and nothing else', () => {
    const { links, gateways, neighbours, arpListeners, ignored } = readHostFacts()
    assert.deepEqual([gateways, neighbours, arpListeners, ignored], [[], [], [], {}])
    assert.deepEqual(
      links.map(({ name, loopback, ethernet, mac }) => ({ name, loopback, ethernet, mac })),
      [{ name: 'lo', loopback: true, ethernet: false, mac: null }],
    )
  })

  test('a bridge, its port, the other end and a macvlan are told apart', () => {
    ip(`link add br0 type bridge
        link add eno1 address 02:00:00:00:00:11 type veth peer name p1
        link set p1 master br0
        link set br0 up
        link set p1 up
        link set eno1 up mtu 1400
        link add mv0 link eno1 type macvlan
        address add 192.168.1.13/24 dev eno1`)
    const { kind, master, lower, up, carrier, mtu, mac, addresses } = linkNamed('eno1')!
    assert.deepEqual(
      [kind, master, lower, up, carrier, mtu, mac],
      ['veth', null, null, true, true, 1400, '02:00:00:00:00:11'],
    )
    assert.deepEqual(addresses[0], { ip: '192.168.1.13', bits: 24 })
    assert.equal(linkNamed('p1')!.master, 'br0')
    assert.equal(linkNamed('mv0')!.lower, 'eno1')
  })

  test('the default gateway is found', () => {
    ip('route add default via 192.168.1.1 dev eno1')
    assert.deepEqual(readHostFacts().gateways, [{ ip: '192.168.1.1', interface: 'eno1' }])
  })

  test('neighbours show their state; a failed one has no MAC', () => {
    ip(`neighbour add 192.168.1.60 lladdr 02:00:00:00:04:10 dev eno1 nud stale
        neighbour add 192.168.1.63 lladdr 02:00:00:00:04:13 dev eno1 nud permanent
        neighbour add 192.168.1.62 dev eno1 nud failed`)
    const seen = readHostFacts().neighbours.map(
      (entry) => `${entry.ip} ${entry.interface} ${entry.mac} ${entry.state}`,
    )
    assert.deepEqual(seen.sort(), [
      '192.168.1.60 eno1 02:00:00:00:04:10 stale',
      '192.168.1.62 eno1 null failed',
      '192.168.1.63 eno1 02:00:00:00:04:13 permanent',
    ])
  })

  test('without the addon /proc and /sys tell the same, but for what they do not know', () => {
    runCommand('mount', ['-t', 'sysfs', 'none', '/sys'])
    const [full, plain] = [readHostFacts(), readPlainHostFacts()]
    // veth has no device type in /sys, IPv6 addresses may come in another order
    const shape = (link: Link) => ({
      ...link,
      kind: null,
      addresses: link.addresses.map((one) => one.ip).sort(),
    })
    const running = (facts: HostFacts) => facts.links.filter(({ up, carrier }) => up && carrier).map(shape)
    assert.deepEqual(running(plain), running(full))
    assert.ok(running(full).length > 0)
    assert.deepEqual(plain.gateways, full.gateways)
    assert.deepEqual(
      plain.neighbours.map((entry) => entry.ip).sort(),
      full.neighbours.map((entry) => entry.ip).sort(),
    )
    assert.ok(full.neighbours.length > 0 && full.gateways.length > 0)
  })

  for (const [title, commands, table, holds] of [
    ['down', 'link set eno1 down', 'links', (link?: Link) => link?.up === false],
    ['up', 'link set eno1 up', 'links', (link?: Link) => link?.up === true],
    [
      'another MAC',
      'link set eno1 address 02:00:00:00:00:12',
      'links',
      (link?: Link) => link?.mac === '02:00:00:00:00:12',
    ],
    [
      'a new address',
      'address add 192.168.1.14/24 dev eno1',
      'addresses',
      (link?: Link) => link!.addresses.length > 1,
    ],
    ['a new route', 'route add 10.9.0.0/16 via 192.168.1.1 dev eno1', 'routes', () => true],
    [
      'another name',
      `link set eno1 down
                      link set eno1 name lan0`,
      'links',
      (link?: Link) => link === undefined,
    ],
    [
      'a new neighbour',
      'neighbour add 192.168.1.65 lladdr 02:00:00:00:04:15 dev br0',
      'neighbours',
      () => true,
    ],
  ] as const) {
    test(`${title} → a change of ${table}, and the facts show it`, async (t) => {
      const { seen } = recorder(t, true)
      ip(commands)
      await until(`a change of ${table}`, () => seen.has(table))
      assert.ok(holds(linkNamed('eno1')))
    })
  }

  test('neighbours stir nobody who did not ask for them', async (t) => {
    const { seen } = recorder(t)
    ip(`neighbour add 192.168.1.66 lladdr 02:00:00:00:04:16 dev br0
        link set mv0 mtu 1300`)
    await until('the change that came after', () => seen.has('links'))
    assert.equal(seen.has('neighbours'), false)
  })

  test('a flood while JavaScript is busy → every watched table counts as changed, once', async (t) => {
    const told: ReadonlySet<HostTable>[] = []
    const watch = watchHost((changed) => told.push(changed), assert.ifError)
    t.after(() => watch.close())
    ip(Array.from({ length: 600 }, (_, i) => `link set mv0 mtu ${1000 + (i % 2)}`).join('\n'))
    await until('the change', () => told.length > 0)
    assert.deepEqual([...told[0]!].sort(), ['addresses', 'links', 'routes'])
  })

  test('after close nothing is told, and close again does nothing', async (t) => {
    const { seen, watch } = recorder(t)
    watch.close()
    watch.close()
    const other = recorder(t)
    ip('link set mv0 mtu 1200')
    await until('the open watch', () => other.seen.has('links'))
    assert.deepEqual([...seen], [])
  })

  test('a hundred watches opened and closed leave no thread and no descriptor', (t) => {
    const count = () => [readdirSync('/proc/self/fd').length, readdirSync('/proc/self/task').length]
    const before = count()
    for (let i = 0; i < 100; i++) recorder(t).watch.close()
    assert.deepEqual(count(), before)
  })

  const WORKER = `
    const holder = { exports: {} }
    process.dlopen(holder, process.argv[2])
    const watch = holder.exports.netlinkSubscribe(1, () => watch.drain())
    require('node:worker_threads').parentPort.postMessage(holder.exports.netlinkDump(new Uint8Array(
      [20, 0, 0, 0, 18, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])).length > 0)`

  test('a worker reads, watches and is terminated beside the main thread', async (t) => {
    recorder(t)
    const worker = new Worker(WORKER, { eval: true, argv: [join(__dirname, 'arpcheck.node')] })
    const [read] = (await once(worker, 'message')) as [boolean]
    assert.equal(read, true)
    assert.equal(await worker.terminate(), 1)
  })

  test('a process that exits with an open watch exits at once, with its own code', async () => {
    const script = `
      const holder = { exports: {} }
      process.dlopen(holder, process.argv[1])
      holder.exports.netlinkSubscribe(1, () => {})
      process.exit(7)`
    const child = spawn(process.execPath, ['-e', script, join(__dirname, 'arpcheck.node')])
    assert.deepEqual(await once(child, 'exit'), [7, null])
  })

  for (const [title, bytes] of [
    ['no bytes', new Uint8Array(0)],
    ['15 bytes', new Uint8Array(15)],
    ['5,000 bytes', new Uint8Array(5000)],
    ['a Uint16Array', new Uint16Array(40)],
    ['text', 'links'],
  ] as const) {
    test(`a request of ${title} → TypeError`, () => {
      assert.throws(() => netlinkAddon().netlinkDump(bytes as Uint8Array), TypeError)
    })
  }

  test('a method called on another object → TypeError', () => {
    const subscription = netlinkAddon().netlinkSubscribe(1, () => {})
    // oxlint-disable-next-line unbound-method -- it is called unbound on purpose
    assert.throws(() => Reflect.apply(subscription.drain, {}, []), TypeError)
    subscription.close()
  })

  const LISTENER = `import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
s.bind(('br0', 0x0806))
print('bound', flush=True)
sys.stdin.read()`

  test(
    'an ARP listener of another process is seen on its interface, with the process',
    { skip: pythonMissing() },
    async () => {
      const child = spawn('python3', ['-c', LISTENER], { stdio: ['pipe', 'pipe', 'inherit'] })
      await once(child.stdout, 'data')
      assert.deepEqual(
        readHostFacts().arpListeners.map((listener) => [listener.interface, listener.process]),
        [['br0', { pid: child.pid, name: 'python3' }]],
      )
      child.stdin.end()
      await once(child, 'exit')
      assert.deepEqual(readHostFacts().arpListeners, [])
    },
  )
}

function pythonMissing(): string | false {
  return spawnSync('python3', ['-V']).status === 0
    ? false
    : 'python3 is missing: apt-get install python3-minimal'
}
