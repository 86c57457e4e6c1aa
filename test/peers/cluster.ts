import type { ChildProcess } from 'node:child_process'
import { after, test } from 'node:test'
import { parseIp, type Ip } from '../../src/core/ip.ts'
import type { Speaker } from '../../src/core/views.ts'
import { inNamespaces, ipCommand, machine, type Machine } from '../helpers/netns.ts'
import { until } from '../helpers/until.ts'
import { buildPeer } from './build.mjs'

// Real memberlist peers, each on a machine of its own on one switch; the test's own namespace is on it as well.

const SWITCH = 'br0'
export const OWN_ADDRESS = '10.77.255.254'

/** One member, as a speaker to ask and as a process to torment. */
export interface RealPeer extends Speaker {
  readonly host: Machine
  /** Its port on the switch. */
  readonly link: string
  /** All lines of its log so far. */
  log(): readonly string[]
  /** What it told on stdout: events, members. */
  told(): readonly Record<string, unknown>[]
  signal(name: NodeJS.Signals): void
  isAlive(): boolean
}

const started: ChildProcess[] = []

/** Runs the tests of a file over a switch for real peers; where they cannot be built it is skipped, and why is told. */
export function overPeers(body: (program: string) => void): void {
  const { program, skip } = buildPeer()
  if (program === undefined) return void test('real memberlist peers', { skip })
  inNamespaces(() => {
    makeSwitch()
    after(endPeers)
    body(program)
  })
}

/** Ends all that were started; until then the test does not end. */
function endPeers(): void {
  for (const child of started) child.kill('SIGKILL')
}

/** The switch, once a file. */
function makeSwitch(): void {
  ipCommand('link set lo up')
  ipCommand(`link add ${SWITCH} type bridge`)
  ipCommand(`addr add ${OWN_ADDRESS}/16 dev ${SWITCH}`)
  ipCommand(`link set ${SWITCH} up`)
}

/** `count` members that know each other's addresses, on 10.77.`net`.1 and so on. */
export function startMembers(
  program: string,
  net: number,
  count: number,
  args: readonly string[],
): RealPeer[] {
  const addresses = Array.from({ length: count }, (_, i) => parseIp(`10.77.${net}.${i + 1}`)!)
  return addresses.map((address, i) => {
    const name = `node-${i + 1}`
    const own = ['-name', name, '-bind', address, '-join', addresses.join(',')]
    return startOn(address, name, program, [...own, ...args])
  })
}

/** A program on a machine of its own, whose `eth0` has `address`. */
export function startOn(address: Ip, name: string, program: string, args: readonly string[]): RealPeer {
  const host = machine()
  const [, , net, last] = address.split('.')
  const port = `p${net}-${last}`
  ipCommand(`link add ${port} type veth peer name e${net}-${last}`)
  ipCommand(`link set ${port} master ${SWITCH} up`)
  host.adopt(`e${net}-${last}`)
  host.run('ip', 'link', 'set', `e${net}-${last}`, 'name', 'eth0')
  host.run('ip', 'addr', 'add', `${address}/16`, 'dev', 'eth0')
  for (const link of ['lo', 'eth0']) host.run('ip', 'link', 'set', link, 'up')
  const child = host.start(program, ...args)
  started.push(child)
  return peerOf(child, { name, address, host, link: port })
}

function peerOf(child: ChildProcess, place: Pick<RealPeer, 'name' | 'address' | 'host' | 'link'>): RealPeer {
  const [out, log] = [linesOf(child.stdout!), linesOf(child.stderr!)]
  return {
    ...place,
    port: 7946,
    log,
    told: () => out().map((line) => JSON.parse(line) as Record<string, unknown>),
    signal: (signal) => void child.kill(signal),
    isAlive: () => child.exitCode === null && child.signalCode === null,
  }
}

/** Puts some on a switch of their own; the test's own namespace is on both. Once a file. */
export function cut(peers: readonly RealPeer[]): void {
  ipCommand('link add br1 type bridge')
  ipCommand(`addr add ${OWN_ADDRESS}/32 dev br1`)
  ipCommand('link set br1 up')
  for (const { link, address } of peers) {
    ipCommand(`link set ${link} master br1`)
    ipCommand(`route add ${address}/32 dev br1`)
  }
}

/** Puts them back on the switch of all. */
export function heal(peers: readonly RealPeer[]): void {
  for (const { link, address } of peers) {
    ipCommand(`route del ${address}/32 dev br1`)
    ipCommand(`link set ${link} master ${SWITCH}`)
  }
}

/** Resolves when every member counts all of them. */
export async function untilJoined(peers: readonly RealPeer[], withinMs = 20_000): Promise<void> {
  const joined = (peer: RealPeer) => peer.told().filter(({ event }) => event === 'join').length
  await until('all have joined', () => peers.every((peer) => joined(peer) >= peers.length), withinMs)
}

function linesOf(stream: NodeJS.ReadableStream): () => readonly string[] {
  let text = ''
  stream.on('data', (bytes: Buffer) => (text += bytes.toString()))
  return () => text.split('\n').slice(0, -1)
}
