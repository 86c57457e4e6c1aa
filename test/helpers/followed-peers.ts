import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { parseIp } from '../../src/core/ip.ts'
import { parseMac } from '../../src/core/mac.ts'
import { viewsOf } from '../../src/core/views.ts'
import * as api from '../../src/lab/api/objects.ts'
import { announcing } from '../../src/lab/cluster/elect.ts'
import { BORN } from '../../src/lab/cluster/life.ts'
import type { ClusterNode } from '../../src/lab/cluster/moment.ts'
import { clusterShape } from '../../src/lab/cluster/shape.ts'
import type { ResponderOrder } from '../../src/lab/responder.ts'
import { keysFromSecret } from '../../src/memberlist/keys.ts'
import { eagerObserver, never } from '../memberlist/real.ts'
import type { RealPeer } from '../peers/cluster.ts'

// Real memberlist peers with a responder beside each, which announces what the peer's own view elects it for: a MetalLB
// without a controller.

export const SECRET = 'labsecret0123456789ABC'
export const VIP = '10.77.200.60'
const POOL = ['10.77.200.60-10.77.200.79']
const POLL_MS = 100

export function objectsFor(peers: readonly RealPeer[]) {
  return [
    api.namespaceNamed(api.METALLB_NAMESPACE),
    ...api.metallbCrds(),
    ...peers.map(({ name, address }) => api.node({ name, ip: address })),
    api.speakerDaemonSet({ nodes: peers.length }),
    ...peers.map(({ name, address }) => api.speakerPod({ node: name, ip: address })),
    api.pool('default', POOL),
    api.l2Advertisement('default', { ipAddressPools: ['default'] }),
    api.service({ name: 'traefik', ips: [VIP] }),
    api.endpointSlice(
      'traefik',
      peers.map(({ name }) => ({ ip: '10.42.0.5', node: name })),
    ),
    api.secret('memberlist', { secretkey: SECRET }),
  ]
}

export interface Following {
  /** Resolves when somebody announces the VIP. */
  settled(): Promise<void>
  /** Ends the responder of a node. */
  end(peer: RealPeer): Promise<void>
  /** When the VIP last moved, after `start`. */
  movedMs(start: number): number
  stop(): void
}

/** A responder beside each peer, which announces what the peer's own view elects it for. */
export function followed(peers: readonly RealPeer[]): Following {
  const observer = eagerObserver(keysFromSecret(Buffer.from(SECRET)))
  const responders = new Map(peers.map((peer) => [peer.name, responderOn(peer)]))
  const announced = new Map<string, boolean>()
  const now = { moved: 0, isOver: false }

  async function follow(): Promise<void> {
    while (!now.isOver) {
      const alive = peers.filter(({ name }) => responders.has(name))
      const views = viewsOf(await observer.observe(alive, never))
      for (const [name, { addresses }] of announcing(momentOf(peers, views))) {
        const isOurs = addresses.has(parseIp(VIP)!) && views.some(({ speaker }) => speaker === name)
        if (announced.get(name) === isOurs) continue
        if (isOurs) now.moved = performance.now()
        announced.set(name, isOurs)
        responders.get(name)?.send({ number: 1, state: { announces: isOurs ? [parseIp(VIP)!] : [] } })
      }
      await systemClock.sleep(POLL_MS)
    }
  }
  const following = follow()
  following.catch(() => {})

  return {
    settled: async () => {
      while (now.moved === 0) await Promise.race([systemClock.sleep(POLL_MS), following])
      await systemClock.sleep(POLL_MS)
    },
    end: async ({ name }) => {
      const child = responders.get(name)!
      responders.delete(name)
      await new Promise((resolve) => {
        child.once('exit', resolve)
        child.kill('SIGKILL')
      })
    },
    movedMs: (start) => Math.round(now.moved - start),
    stop: () => {
      now.isOver = true
      for (const child of responders.values()) child.kill('SIGKILL')
    },
  }
}

function responderOn({ host }: RealPeer): ChildProcess {
  const child = host.converse(join(process.cwd(), 'dist/lab.js'), 'respond')
  // not from /sys, which is still the machine's own in there
  const [link] = JSON.parse(host.run('ip', '-j', 'link', 'show', 'eth0')) as { address: string }[]
  const nics = [{ name: 'eth0', mac: parseMac(link!.address)! }]
  child.send({ number: 0, state: { announces: [] }, nics, seed: 1, timeScale: 1 } satisfies ResponderOrder)
  return child
}

function momentOf(peers: readonly RealPeer[], views: ReturnType<typeof viewsOf>) {
  const told = views.map(({ speaker, members }) => [
    speaker,
    members.flatMap(({ name, state }) => (state === 'dead' || state === 'left' ? [] : [name])),
  ])
  const story = clusterShape.parse({
    pools: { default: { addresses: POOL } },
    services: { traefik: { ip: VIP } },
    views: Object.fromEntries(told) as object,
  })
  const common = { podCIDR: '10.42.0.0/24', pod: 'ready', version: 'v0.16.1', links: ['eth0'] } as const
  const nodes = peers.map(({ name, address }): ClusterNode => ({ name, address, ...common }))
  return { story, nodes, life: BORN, kept: new Map() }
}
