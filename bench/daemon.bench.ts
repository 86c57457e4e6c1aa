import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNative } from '../src/capture/native.ts'
import { decodeArp, encodeArp, type ArpFrame } from '../src/core/arp.ts'
import { parseMac, type Mac } from '../src/core/mac.ts'
import type { ApiObject } from '../src/lab/api/kinds.ts'
import { startDouble } from '../src/lab/api/double.ts'
import * as objects from '../src/lab/api/objects.ts'
import { ownerOf, pause, usageOf, type Usage } from '../test/helpers/fleet.ts'
import { cable, inNamespaces, ipCommand, machine, MACS, type Machine } from '../test/helpers/netns.ts'
import { publish, tell, type CellKey } from './measure.ts'
import { plot } from './plot.ts'

// What the built daemon takes while nothing changes, on one node of clusters of 20 VIPs a node: so it watches 40 VIPs in
// each, and whatever grows is the rest of the cluster. The API is served over TLS, and ARP answered by 500 MACs at the far
// end of a cable, each by a process of its own. BENCH_SECONDS, 60 where not given, for each; BENCH_SIZES picks some.

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 60)
/** Verdicts, the first full collections: what comes after it is the steady state. */
const WARM_SECONDS = Number(process.env['BENCH_WARM_SECONDS'] ?? 60)
/** For profiles; as shipped where not given. */
const FLAGS = (process.env['BENCH_NODE_FLAGS'] ?? '--max-old-space-size=96 --max-semi-space-size=2').split(
  ' ',
)
const SIZES = (process.env['BENCH_SIZES'] ?? '100x50 100x5 1000x50 10000x500').split(' ')
/** Of the sizes, those that the table in bench/README.md has. */
const CELLS: Readonly<Record<string, CellKey>> = {
  'daemon-100, 5 nodes': 'daemon-100',
  'daemon-10000, 500 nodes': 'daemon-10000',
}
const ROLE = 'ARPCHECK_BENCH_ROLE'
/** Wakes eight times a second, as a daemon does: what no daemon can be below on this machine, as busy as it is now. */
const IDLER = `for (let i = 0; i < 8; i++) setInterval(() => {}, 1000 + 37 * i)`
const GATEWAY = '10.9.0.1'
const DAEMON = 'dist/arpcheck.js'

const [role, ...words] = (process.env[ROLE] ?? '').split(' ')
if (role === 'serve') void serve(Number(words[0]), Number(words[1]), words[2]!)
else if (role === 'answer') answer(Number(words[0]))
else inNamespaces(() => void measure())

interface Cost {
  readonly vips: number
  readonly nodes: number
  readonly watched: number
  readonly percent: number
  readonly rssMb: number
}

async function measure(): Promise<void> {
  ipCommand('link set lo up')
  const host = machine()
  cable('near', 'far')
  host.adopt('far')
  host.run('ip', 'link', 'set', 'far', 'up')
  ipCommand(`addr add ${nodeIp(0)}/16 dev near`)
  ipCommand(`route add default via ${GATEWAY}`)
  const costs: Cost[] = []
  for (const size of SIZES) {
    const [vips, nodes] = size.split('x').map(Number) as [number, number]
    costs.push(await measureOne(vips, nodes, host))
  }
  const even = costs.filter(({ vips, nodes }) => vips === 20 * nodes)
  if (even.length > 2) writeFileSync('bench/daemon.svg', plotOf(even))
}

async function measureOne(vips: number, nodes: number, host: Machine): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'arpcheck-bench-'))
  const kubeconfig = join(folder, 'kubeconfig')
  const server = helper(`serve ${vips} ${nodes} ${kubeconfig}`)
  const responder = host.start('env', `${ROLE}=answer ${nodes}`, process.execPath, __filename)
  try {
    await Promise.all([heard(server), heard(responder)])
    return await follow(vips, nodes, kubeconfig, folder)
  } finally {
    for (const child of [server, responder]) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function follow(vips: number, nodes: number, kubeconfig: string, folder: string): Promise<Cost> {
  const config = join(folder, 'arpcheck.yaml')
  writeFileSync(config, 'node: node-0\nmemberlist: off\nmetricsMaxVips: 10000\nlogLevel: warn\n')
  const argv = ['daemon', '--config', config, '--kubeconfig', kubeconfig, '--listen', '127.0.0.1:10806']
  const daemon = spawn(process.execPath, [...FLAGS, DAEMON, ...argv], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = new Promise((resolve) => daemon.once('close', resolve))
  const idler = spawn(process.execPath, ['-e', IDLER], { stdio: 'ignore' })
  try {
    await pause(WARM_SECONDS * 1000)
    const [before, idle] = [usageOf(daemon.pid!), usageOf(idler.pid!)]
    await pause(SECONDS * 1000)
    const [after, idled] = [usageOf(daemon.pid!), usageOf(idler.pid!)]
    const [text, scrapeMs] = await scraped()
    const ok = [...text.matchAll(/^arpcheck_vip_verdict\{[^}]*verdict="ok"\} 1$/gm)].length
    const watched = [...text.matchAll(/^arpcheck_vip_verdict\{[^}]*verdict="ok"\} [01]$/gm)].length
    const percent = (after.cpuMs - before.cpuMs) / SECONDS / 10
    const least = (idled.cpuMs - idle.cpuMs) / SECONDS / 10
    tellAll(`daemon-${vips}, ${nodes} nodes`, { before, after, percent, least, watched, ok, scrapeMs, text })
    return { vips, nodes, watched, percent, rssMb: after.rssMb }
  } finally {
    idler.kill('SIGKILL')
    daemon.kill('SIGTERM')
    await ended
  }
}

interface Seen {
  readonly before: Usage
  readonly after: Usage
  readonly percent: number
  readonly least: number
  readonly watched: number
  readonly ok: number
  readonly scrapeMs: number
  readonly text: string
}

function tellAll(name: string, { before, after, percent, least, watched, ok, scrapeMs, text }: Seen): void {
  const row = (what: string, unit: string, sample: number, goal?: string): void =>
    tell({ name: `${name}: ${what}`, unit, samples: [sample], ...(goal !== undefined && { goal }) })
  const goal = '< 0.3 %'
  const key = CELLS[name]
  if (key)
    publish({
      key,
      unit: '% of a core',
      goal,
      ours: [percent],
      peers: { 'a node that only wakes as often': [least] },
    })
  else row('CPU of a core', '%', percent, goal)
  row('RSS', 'MB', after.rssMb, name.startsWith('daemon-10000') ? '≤ 160 MB' : '≤ 100 MB')
  row('CPU up to the first minute', 'ms', before.cpuMs)
  row('watched', 'VIPs', watched)
  row('of them ok', 'VIPs', ok)
  row('scrape', 'ms', scrapeMs)
  row('scrape', 'KiB', text.length / 1024)
}

async function scraped(): Promise<[string, number]> {
  const startMs = performance.now()
  const response = await fetch('http://127.0.0.1:10806/metrics', { signal: AbortSignal.timeout(20_000) })
  return [await response.text(), performance.now() - startMs]
}

function plotOf(costs: readonly Cost[]): string {
  return plot({
    title: 'One daemon that watches 40 VIPs, beside so many others',
    x: { title: 'VIPs in the cluster (20 a node)', values: costs.map(({ vips }) => vips) },
    lines: [
      { title: 'CPU of all daemons, ms a minute for each VIP', values: costs.map(({ percent, vips, nodes }) => (percent * 600 * nodes) / vips) }, // prettier-ignore
      { title: 'memory of one daemon, kB for each VIP', values: costs.map(({ rssMb, vips }) => (rssMb * 1024) / vips) }, // prettier-ignore
    ],
  })
}

function helper(what: string): ChildProcess {
  return spawn(process.execPath, [__filename], {
    env: { ...process.env, [ROLE]: what },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function heard(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.stdout!.once('data', resolve))
}

function nodeIp(i: number): string {
  return `10.9.${1 + Math.floor(i / 250)}.${1 + (i % 250)}`
}

function macOf(i: number): string {
  return i === 0 ? MACS.near : `02:00:00:01:${hex(i >> 8)}:${hex(i & 255)}`
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

function vipOf(i: number): string {
  return `10.9.${64 + (i >> 7)}.${1 + (i & 127)}`
}

/** kubectl's copy of the object, which is as long as the object. */
const APPLIED = { 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(800) }

async function serve(vips: number, nodes: number, path: string): Promise<void> {
  const { api, adminKubeconfig } = await startDouble()
  const names = Array.from({ length: nodes }, (_, i) => `node-${i}`)
  const all: ApiObject[] = [
    objects.namespaceNamed(objects.METALLB_NAMESPACE),
    objects.namespaceNamed('arpcheck'),
    ...objects.metallbCrds(),
    objects.speakerDaemonSet({ nodes }),
    ...names.map((name, i) => objects.node({ name, ip: nodeIp(i) })),
    ...names.map((name, i) => objects.speakerPod({ node: name, ip: nodeIp(i) })),
    ...names.map((name, i) => recordOf(name, i)),
    objects.pool('default', ['10.9.64.0-10.9.191.255']),
    objects.l2Advertisement('default', { ipAddressPools: ['default'] }),
    ...Array.from({ length: vips }, (_, i) => serviceOf(i, names)).flat(),
  ]
  for (const one of all) api.apply(one)
  writeFileSync(path, adminKubeconfig)
  process.stdout.write('ready\n')
}

function serviceOf(i: number, names: readonly string[]): ApiObject[] {
  const name = `service-${i}`
  const endpoints = [0, 1, 2].map((j) => ({
    ip: `10.42.${i & 255}.${j}`,
    node: names[(i + j) % names.length]!,
  }))
  const labels = { app: name, team: 'web' }
  return [
    objects.service({ name, ips: [vipOf(i)], annotations: APPLIED, labels }),
    objects.endpointSlice(name, endpoints),
  ]
}

/** As each daemon writes it. */
function recordOf(name: string, i: number): ApiObject {
  const nics = [{ name: 'near', mac: macOf(i), addresses: [`${nodeIp(i)}/16`], state: 'up' }]
  return objects.nicLease(name, nics)
}

/** Each address by the MAC of the node that has it, or is elected for it. */
function answer(nodes: number): void {
  const all = Array.from({ length: nodes }, (_, i) => ({ name: `node-${i}`, ip: nodeIp(i), mac: macOf(i) }))
  const macs = new Map<string, Mac>(all.map(({ ip, mac }) => [ip, parseMac(mac)!]))
  macs.set(GATEWAY, parseMac('02:00:00:00:00:fe')!)
  const ownerMac = (ip: string): Mac => {
    const mac = macs.get(ip) ?? parseMac(ownerOf(ip, all).mac)!
    macs.set(ip, mac)
    return mac
  }
  const capture = openNative({ device: 'far', filter: 'arp' }, { onFrames, onTrouble: () => {} })
  function onFrames(): void {
    const asked = capture.drain().map(({ bytes }) => decodeArp(bytes))
    const replies = asked.flatMap((frame) => replyTo(frame, ownerMac))
    if (replies.length > 0) void capture.send({ frames: replies, gapNs: 0 })
  }
  process.stdout.write('ready\n')
}

function replyTo(frame: ArpFrame | string, ownerMac: (ip: string) => Mac): Uint8Array[] {
  if (typeof frame === 'string' || frame.op !== 'who-has' || frame.spa === frame.tpa) return []
  if (frame.sha !== MACS.near) return []
  const mac = ownerMac(frame.tpa)
  const { sha, spa, tpa } = frame
  return [encodeArp({ op: 'reply', ethDst: sha, ethSrc: mac, sha: mac, spa: tpa, tha: sha, tpa: spa })]
}
