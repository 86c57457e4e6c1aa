// Power loss with real memberlist and four real daemons, one on each node: what their metrics say of a clean fail-over. Two
// minutes. Not covered: MetalLB's own speaker, and its controller.
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { LAN, slowestDeathMs } from '../../../src/core/suspicion.ts'
import { namespaceNamed } from '../../../src/lab/api/objects.ts'
import { readSeries, type Series } from '../../../src/lab/exposition.ts'
import { doubleWith, file } from '../../helpers/double.ts'
import { followed, objectsFor, SECRET, VIP } from '../../helpers/followed-peers.ts'
import { seriesOf } from '../../helpers/scraped.ts'
import { overPeers, OWN_ADDRESS, startMembers, untilJoined, type RealPeer } from '../../peers/cluster.ts'

const INTERVAL_S = 3
const SLACK_S = 2
const UNTIL_MS = 90_000
const FAULTS = /"verdict":"(?:silent|mismatch|duplicate|foreign|unexpected)"/
const FLAGS = ['--interval', `${INTERVAL_S}s`, '--confirm-interval', '1s']
const verdict = (name: string): string => seriesOf('arpcheck_vip_verdict', { vip: VIP, verdict: name })

overPeers(body)

function body(peer: string): void {
  test('power loss → the outage as it was, the owner change counted, no fault verdict on any daemon', async (t) => {
    const peers = startMembers(peer, 1, 4, ['-secret', SECRET])
    await untilJoined(peers)
    const double = await doubleWith(t, [...objectsFor(peers), namespaceNamed('arpcheck')], {
      host: OWN_ADDRESS,
    })
    const kubeconfig = file(t, 'kubeconfig', double.adminKubeconfig)
    const following = followed(peers)
    t.after(() => following.stop())
    await following.settled()
    const daemons = peers.map((one) => daemonOn(one, kubeconfig))
    t.after(() => daemons.forEach(({ child }) => void child.kill('SIGKILL')))
    await until(daemons, 'all know who watches', (all) =>
      all.every((series) => series && vantages(series) === 2),
    )
    const isRead = (series: Series | null): boolean => series?.get('arpcheck_members{view="read"}') === 4
    await until(daemons, 'two have read the views', (all) => all.filter(isRead).length >= 2)
    await until(
      daemons,
      'two say ok',
      (all) => all.filter((one) => one?.get(verdict('ok')) === 1).length === 2,
    )

    const owner = ownerIn((await scrapeAll(daemons)).find((one) => one?.get(verdict('ok')) === 1)!)
    const dead = daemons.find(({ peer: { name } }) => name === owner)!
    const left = daemons.filter((one) => one !== dead)
    const start = performance.now()
    dead.peer.host.run('ip', 'link', 'set', 'eth0', 'down')
    dead.peer.signal('SIGKILL')
    dead.child.kill('SIGKILL')
    await following.end(dead.peer)
    const outages = (all: readonly (Series | null)[]): number[] => all.flatMap((one) => outageOf(one) ?? [])
    await until(left, 'the outage is counted', (all) => outages(all).length > 0)
    await until(left, 'ok again', (all) =>
      all.every(
        (one) => one && (one.get(verdict('settling')) ?? 0) === 0 && (one.get(verdict('unknown')) ?? 0) === 0,
      ),
    )
    const tookS = following.movedMs(start) / 1000
    const counted = outages(await scrapeAll(left))
    t.diagnostic(
      `answered again ${tookS.toFixed(2)} s after the loss (bound ${slowestDeathMs(LAN, 4) / 1000} s)`,
    )
    t.diagnostic(`outages as exported: ${counted.map((seconds) => `${seconds.toFixed(2)} s`).join(', ')}`)
    for (const seconds of counted)
      assert.ok(seconds > tookS - SLACK_S && seconds < tookS + INTERVAL_S + SLACK_S, `${seconds} of ${tookS}`)
    for (const {
      peer: { name },
      log,
    } of daemons)
      assert.doesNotMatch(log(), FAULTS, name)
    for (const { child, ended } of left) {
      child.kill('SIGTERM')
      assert.equal(await ended, 0)
    }
  })
}

interface Daemon {
  readonly peer: RealPeer
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  readonly log: () => string
}

function daemonOn(peer: RealPeer, kubeconfig: string): Daemon {
  const env = [`NODE_NAME=${peer.name}`, 'POD_NAMESPACE=arpcheck', `KUBECONFIG=${kubeconfig}`]
  const argv = [process.execPath, join(process.cwd(), 'dist/arpcheck.js'), 'daemon', ...FLAGS]
  const child = peer.host.start('env', ...env, ...argv)
  let text = ''
  child.stderr!.on('data', (bytes: Buffer) => (text += bytes.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { peer, child, ended, log: () => text }
}

function scrapeAll(daemons: readonly Daemon[]): Promise<(Series | null)[]> {
  return Promise.all(
    daemons.map(async ({ peer: { address } }) => {
      try {
        const response = await fetch(`http://${address}:10806/metrics`, { signal: AbortSignal.timeout(1000) })
        return readSeries(await response.text())
      } catch {
        return null
      }
    }),
  )
}

/** Scrapes until it holds: the programs' own time is real. */
async function until(
  daemons: readonly Daemon[],
  what: string,
  holds: (all: readonly (Series | null)[]) => boolean,
): Promise<void> {
  const deadline = performance.now() + UNTIL_MS
  for (;;) {
    const all = await scrapeAll(daemons)
    if (holds(all)) return
    if (performance.now() > deadline)
      throw new Error(`not in time: ${what}\n${daemons.map(({ log }) => log().slice(-3000)).join('\n\n')}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function vantages(series: Series): number | undefined {
  return series.get(seriesOf('arpcheck_vantages', { vip: VIP }))
}

/** Undefined where none was counted. */
function outageOf(series: Series | null): number | undefined {
  const count = series?.get('arpcheck_failover_outage_seconds_count{provider="metallb"}') ?? 0
  return count === 1 ? series!.get('arpcheck_failover_outage_seconds_sum{provider="metallb"}') : undefined
}

function ownerIn(series: Series): string {
  const [key] = [...series.keys()].filter((one) => one.startsWith('arpcheck_vip_observed_owner_info'))
  return /node="([^"]+)"/.exec(key!)![1]!
}
