import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { TestContext } from 'node:test'
import type { ApiDouble } from '../../src/lab/api/double.ts'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import * as objects from '../../src/lab/api/objects.ts'
import { doubleWith, file } from './double.ts'
import { ipCommand, machine, runCommand, type Machine } from './netns.ts'
import { PROGRAM } from './program.ts'

// Many nodes on one bridge, each a network namespace whose kernel answers for its address and for its VIPs, which lie on
// its loopback, as kube-proxy's do. The API is reached over a bridge of its own, so that the first carries ARP of daemons alone.

export interface FleetNode {
  readonly name: string
  readonly ip: string
  readonly mac: string
  readonly machine: Machine
  /** Its port of the bridge. */
  readonly port: string
  /** Where its daemon can be scraped from the test. */
  readonly address: string
}

export interface Fleet {
  readonly nodes: readonly FleetNode[]
  /** By VIP: who is elected by MetalLB's hash, and answers. */
  readonly owners: ReadonlyMap<string, FleetNode>
  readonly double: ApiDouble
}

const GATEWAY = '10.9.0.1'

export function vipOf(index: number): string {
  return `10.9.${16 + (index >> 7)}.${1 + (index & 127)}`
}

/** MetalLB's own order (layer2_controller.go): SHA-256 of node#ip, ascending. */
export function ownerOf<N extends { readonly name: string }>(vip: string, nodes: readonly N[]): N {
  const rank = ({ name }: N): string => createHash('sha256').update(`${name}#${vip}`).digest('hex')
  return nodes.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))[0]!
}

/** With NIC records of `recorded` nodes, as daemons that are not started would have written them. */
export async function fleet(
  t: TestContext,
  size: { readonly nodes: number; readonly vips: number },
  isRecorded: (index: number) => boolean = () => false,
): Promise<Fleet> {
  ipCommand('link set lo up')
  for (const bridge of ['br0', 'br1']) {
    ipCommand(`link add ${bridge} type bridge`)
    ipCommand(`link set ${bridge} up`)
  }
  ipCommand('addr add 10.200.0.1/16 dev br1')
  const gateway = plugged('gw', GATEWAY, '02:00:00:00:00:fe', null)
  const nodes = Array.from({ length: size.nodes }, (_, i) => {
    const hex = (i + 1).toString(16).padStart(2, '0')
    return plugged(`node-${i + 1}`, `10.9.1.${i + 1}`, `02:00:00:00:01:${hex}`, `10.200.1.${i + 1}`)
  })
  const vips = Array.from({ length: size.vips }, (_, i) => vipOf(i))
  const owners = new Map(vips.map((vip) => [vip, ownerOf(vip, nodes)]))
  for (const node of nodes) answerFor(node, vips.filter((vip) => owners.get(vip) === node)) // prettier-ignore
  t.after(() => gateway.machine.run('true'))
  const double = await doubleWith(t, clusterOf(nodes, vips, isRecorded), { host: '10.200.0.1' })
  return { nodes, owners, double }
}

function plugged(name: string, ip: string, mac: string, address: string | null): FleetNode {
  const host = machine()
  const port = `p-${name}`
  ipCommand(`link add ${port} type veth peer name eth0 address ${mac} netns ${host.pid}`)
  ipCommand(`link set ${port} master br0 up`)
  batch(host, ['link set lo up', `addr add ${ip}/16 dev eth0`, 'link set eth0 up'])
  if (address !== null) {
    ipCommand(`link add m-${name} type veth peer name mgmt0 netns ${host.pid}`)
    ipCommand(`link set m-${name} master br1 up`)
    batch(host, [`addr add ${address}/16 dev mgmt0`, 'link set mgmt0 up', `route add default via ${GATEWAY}`])
    host.run('sysctl', '-qw', 'net.ipv4.conf.mgmt0.arp_ignore=2', 'net.ipv6.conf.all.disable_ipv6=1')
  }
  return { name, ip, mac, machine: host, port, address: address ?? ip }
}

function batch(host: Machine, lines: readonly string[]): void {
  host.run('sh', '-c', `ip -batch - <<'END'\n${lines.join('\n')}\nEND`)
}

export function answerFor({ machine: host }: FleetNode, vips: readonly string[]): void {
  batch(host, vips.map((vip) => `addr add ${vip}/32 dev lo`)) // prettier-ignore
}

export function answerNoMoreFor({ machine: host }: FleetNode, vips: readonly string[]): void {
  batch(host, vips.map((vip) => `addr del ${vip}/32 dev lo`)) // prettier-ignore
}

function clusterOf(
  nodes: readonly FleetNode[],
  vips: readonly string[],
  isRecorded: (index: number) => boolean,
): ApiObject[] {
  return [
    objects.namespaceNamed(objects.METALLB_NAMESPACE),
    objects.namespaceNamed('arpcheck'),
    ...objects.metallbCrds(),
    ...nodes.map(({ name, ip }) => objects.node({ name, ip })),
    objects.speakerDaemonSet({ nodes: nodes.length }),
    ...nodes.map(({ name, ip }) => objects.speakerPod({ node: name, ip })),
    objects.pool('default', ['10.9.16.0/20']),
    objects.l2Advertisement('default', { ipAddressPools: ['default'] }),
    ...vips.flatMap((vip) => serviceOf(vip, nodes)),
    ...nodes.filter((_, i) => isRecorded(i)).map(recordOf),
  ]
}

function serviceOf(vip: string, nodes: readonly FleetNode[]): ApiObject[] {
  const name = `s-${vip.replaceAll('.', '-')}`
  const endpoints = nodes.slice(0, 2).map((node, i) => ({ ip: `10.42.${i}.5`, node: node.name }))
  return [objects.service({ name, ips: [vip] }), objects.endpointSlice(name, endpoints)]
}

function removeService({ api }: ApiDouble, vip: string): void {
  const name = `s-${vip.replaceAll('.', '-')}`
  api.remove('Service', 'default', name)
  api.remove('EndpointSlice', 'default', `${name}-1`)
}

function recordOf({ name, ip, mac }: FleetNode): ApiObject {
  const nics = [{ name: 'eth0', mac, addresses: [`${ip}/16`], state: 'up' }]
  return objects.nicLease(name, nics)
}

export interface FleetDaemon {
  readonly node: FleetNode
  readonly child: ChildProcess
  readonly log: () => string
  /** GET on its metrics port. */
  readonly get: (path: string) => Promise<string>
  readonly usage: () => Usage
  readonly ended: Promise<number | null>
}

/** The built daemon on that node. */
export function startDaemon(
  t: TestContext,
  { double }: Fleet,
  node: FleetNode,
  settings: string,
  nodeFlags: readonly string[] = [],
): FleetDaemon {
  const kubeconfig = file(t, 'kubeconfig', double.adminKubeconfig)
  const config = file(t, 'arpcheck.yaml', settings)
  const argv = ['daemon', '--config', config, '--kubeconfig', kubeconfig, '--listen', `${node.address}:10806`]
  // nsenter without --fork becomes the program: its pid is the daemon's
  const enter = ['-t', String(node.machine.pid), '-n', process.execPath]
  const child = spawn('nsenter', [...enter, ...nodeFlags, PROGRAM, ...argv], {
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let text = ''
  child.stderr.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-200_000)))
  const get = async (path: string): Promise<string> => {
    const response = await fetch(`http://${node.address}:10806${path}`, { signal: AbortSignal.timeout(5000) })
    return response.text()
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { node, child, log: () => text, get, usage: () => usageOf(child.pid!), ended }
}

export interface Usage {
  /** User and system time so far. */
  readonly cpuMs: number
  readonly rssMb: number
  readonly descriptors: number
  readonly sockets: number
  readonly threads: number
}

/** Of a process that runs. USER_HZ is 100 on every Linux that Node runs on. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return {
    cpuMs: (Number(stat[11]) + Number(stat[12])) * 10,
    rssMb: Math.round(field('VmRSS') / 1024),
    descriptors: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    threads: field('Threads'),
  }
}

/** Waits until each watched VIP of all these daemons together has a verdict that is ok. */
export async function untilAllOk(
  daemons: readonly FleetDaemon[],
  vips: number,
  withinMs: number,
): Promise<void> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const texts = await Promise.all(daemons.map(({ get }) => get('/metrics').catch(() => '')))
    const ok = new Set(texts.flatMap((text) => [...text.matchAll(OK)].map(([, vip]) => vip)))
    if (ok.size >= vips) return
    if (performance.now() > deadline) throw new Error(`${ok.size} of ${vips} VIPs are ok`)
    await pause(500)
  }
}

const OK = /^arpcheck_vip_verdict\{vip="([^"]+)",verdict="ok"\} 1$/gm

/** What is measured takes real time. */
/** A Service that is new, answered for by its owner. */
export function serviceComes({ nodes, double }: Pick<Fleet, 'nodes' | 'double'>, vip: string): void {
  for (const object of serviceOf(vip, nodes)) double.api.apply(object)
  answerFor(ownerOf(vip, nodes), [vip])
}

export function serviceGoes({ nodes, double }: Pick<Fleet, 'nodes' | 'double'>, vip: string): void {
  removeService(double, vip)
  answerNoMoreFor(ownerOf(vip, nodes), [vip])
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export function run(command: string, ...args: readonly string[]): string {
  return runCommand(command, args)
}
