import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from '../src/check.ts'
import type { SpeakerMetrics } from '../src/core/claims.ts'
import type { Ip } from '../src/core/ip.ts'
import type { VipReport } from '../src/core/report.ts'
import { DaemonWorld, nicRecords } from './helpers/daemon.ts'
import { BOARD, NUC_MACS, NUCS, nucViews, VIPS, withDeadNuc4 } from './helpers/nucs.ts'
import { NO_OPTIONS } from './helpers/options.ts'
import { answers, FakeSegment, ip, mac } from './helpers/segment.ts'

// One world, asked once by a check and watched by a daemon: the same verdict, by the same finding, in the same words.

const TRAEFIK = VIPS['ingress/traefik'][0]
const FREE = [ip('192.168.1.70'), ip('192.168.1.71')]
const LIVE = ['nuc-1', 'nuc-2', 'nuc-3'] as const

interface Story {
  readonly tells: string
  readonly says: readonly [verdict: string, ...codes: string[]]
  /** Findings that are about no VIP. */
  readonly besides?: readonly string[]
  readonly mustBeFree?: readonly Ip[]
  /** What is so from the start. */
  readonly from?: (world: DaemonWorld) => void
  /** What happens. */
  readonly befalls: (world: DaemonWorld) => void
}

const STORIES: readonly Story[] = [
  {
    tells: 'a board answers too, and nuc-4 has no record of its NICs',
    says: ['foreign', 'ARP401'],
    from: (world) => without(world, 'nuc-4'),
    befalls: (world) => void world.responders.push(answers(TRAEFIK, BOARD)),
  },
  {
    tells: 'a board answers too, and no node has a record',
    says: ['foreign', 'ARP401'],
    from: (world) => without(world, ...NUCS),
    befalls: (world) => void world.responders.push(answers(TRAEFIK, BOARD)),
  },
  {
    tells: 'a board answers too, and the node without a record hides its addresses',
    says: ['unknown', 'ARP903'],
    from: (world) => {
      without(world, 'nuc-4')
      hide(world, '10.42.4.1')
    },
    befalls: (world) => void world.responders.push(answers(TRAEFIK, BOARD)),
  },
  {
    tells: 'nuc-4, without a record, answers by another NIC as well',
    says: ['ok', 'ARP302'],
    from: (world) => without(world, 'nuc-4'),
    befalls: (world) =>
      void world.responders.push(answers(TRAEFIK, '1c:69:7a:aa:04:20'), (question) =>
        question.ethDst === '1c:69:7a:aa:04:20' ? answers('192.168.1.14', question.ethDst)(question) : [],
      ),
  },
  {
    tells: 'nuc-2, without a record, answers instead',
    says: ['mismatch', 'ARP201'],
    from: (world) => without(world, 'nuc-2'),
    befalls: (world) => {
      mute(world, TRAEFIK)
      world.responders.push(answers(TRAEFIK, NUC_MACS['nuc-2']))
    },
  },
  {
    tells: 'a router answers for every address of the pool',
    says: ['foreign', 'ARP401', 'ARP402'],
    besides: ['ARP402'],
    mustBeFree: FREE,
    befalls: (world) => {
      mute(world, TRAEFIK)
      world.responders.push(...[TRAEFIK, ...FREE].map((one) => answers(one, '74:ac:b9:00:00:02')))
    },
  },
  {
    tells: 'a printer sits on an address of the pool',
    says: ['ok'],
    besides: ['ARP403'],
    mustBeFree: FREE,
    from: (world) => void world.responders.push(answers(FREE[0]!, '00:1b:a9:12:34:56')),
    befalls: () => {},
  },
  {
    tells: 'nobody answers, and no speaker claims the address',
    says: ['silent', 'ARP103'],
    from: (world) => (world.claims = () => ({ kind: 'metrics', metrics: claiming() })),
    befalls: (world) => mute(world, TRAEFIK),
  },
  {
    tells: 'nobody answers, and nuc-4 claims the address',
    says: ['silent', 'ARP101'],
    from: (world) =>
      (world.claims = (node) => ({
        kind: 'metrics',
        metrics: node === 'nuc-4' ? claiming(TRAEFIK) : claiming(),
      })),
    befalls: (world) => mute(world, TRAEFIK),
  },
  {
    tells: 'nobody answers, and nuc-4, which runs on older configuration, says so',
    says: ['silent', 'ARP101'],
    from: (world) =>
      (world.claims = (node) => ({
        kind: 'metrics',
        metrics: { ...claiming(TRAEFIK), configStale: node === 'nuc-4' },
      })),
    befalls: (world) => mute(world, TRAEFIK),
  },
  {
    tells: 'nobody answers, though the requests reach nuc-4, as its counters show',
    says: ['silent', 'ARP101'],
    from: (world) => {
      let requests = 0
      world.responders.push(({ tpa }) => {
        if (tpa === TRAEFIK) requests++
        return []
      })
      world.claims = (node) => ({
        kind: 'metrics',
        metrics: {
          ...claiming(...(node === 'nuc-4' ? [TRAEFIK] : [])),
          counters: new Map(node === 'nuc-4' ? [[ip(TRAEFIK), { requests, responses: 0 }]] : []),
        },
      })
    },
    befalls: (world) => {
      const counting = world.responders.pop()!
      mute(world, TRAEFIK)
      world.responders.push(counting)
    },
  },
  {
    tells: 'nuc-4 is dead by ARP and by ICMP echo, and nuc-1 counts it still',
    says: ['silent', 'ARP102'],
    from: (world) => (world.echo = (one) => (one === '192.168.1.14' ? 'silent' : 'alive')),
    befalls: (world) => {
      world.lose('nuc-4')
      world.cluster = withDeadNuc4(world.cluster)
      world.views = nucViews(LIVE, NUCS)
    },
  },
  {
    tells: 'nuc-4 is silent by ARP and answers ICMP echo',
    says: ['silent', 'ARP101'],
    from: (world) => (world.echo = () => 'alive'),
    befalls: (world) => {
      world.lose('nuc-4')
      world.views = nucViews(LIVE, NUCS)
    },
  },
  {
    tells: 'nuc-4 lives on another segment, by ICMP echo',
    says: ['silent', 'ARP108'],
    from: (world) => {
      world.echo = () => 'alive'
      elsewhere(world)
    },
    befalls: (world) => mute(world, TRAEFIK),
  },
  {
    tells: 'nuc-4 is on another segment, and dead',
    says: ['silent', 'ARP102'],
    from: (world) => {
      world.echo = () => 'silent'
      elsewhere(world)
    },
    befalls: (world) => {
      world.lose('nuc-4')
      world.cluster = withDeadNuc4(world.cluster)
      world.views = nucViews(LIVE, NUCS)
    },
  },
]

function claiming(...vips: readonly string[]): SpeakerMetrics {
  const announced = vips.map((vip) => ({ service: 'ingress/traefik', ip: ip(vip), protocol: 'layer2' }))
  return { announced, counters: new Map(), configLoaded: true, configStale: false }
}

function without(world: DaemonWorld, ...names: readonly string[]): void {
  const nicRecordsLeft = nicRecords().filter(({ node }) => !names.includes(node))
  world.cluster = { ...world.cluster, nicRecords: nicRecordsLeft }
}

/** Nobody answers for it any more. */
function mute(world: DaemonWorld, address: string): void {
  world.responders = world.responders.map(
    (respond) => (question) => (question.tpa === address ? [] : respond(question)),
  )
}

const hide = mute

function elsewhere(world: DaemonWorld): void {
  const away = ip('10.9.0.14')
  const nic = { name: 'eth0', mac: mac(NUC_MACS['nuc-4']), addresses: [{ ip: away, bits: 24 }] }
  world.cluster = {
    ...world.cluster,
    nodes: world.cluster.nodes.map((one) => (one.name === 'nuc-4' ? { ...one, internalIps: [away] } : one)),
    nicRecords: world.cluster.nicRecords.map((one) =>
      one.node === 'nuc-4' ? { ...one, nics: [{ ...nic, state: 'up' }] } : one,
    ),
  }
}

async function asked(world: DaemonWorld, { mustBeFree = [] }: Story) {
  const segment = new FakeSegment()
  segment.responders = world.responders
  const { claims, echo, cluster, views } = world
  const edges = {
    clock: segment.clock,
    hostFacts: () => segment.facts,
    openCapture: segment.open,
    readCluster: async () => cluster,
    readViews: async () => views,
    ...(claims ? { readClaims: async () => NUCS.map((node) => ({ node, reading: claims(node) })) } : {}),
    ...(echo ? { echo: async (ips: readonly Ip[]) => new Map(ips.map((one) => [one, echo(one)])) } : {}),
  }
  return check({ ...NO_OPTIONS, mustBeFree }, edges, new AbortController().signal)
}

/** What only somebody who was there before can tell. */
const BY_MEMORY: ReadonlySet<string> = new Set(['ARP203', 'ARP501', 'ARP502'])

/** But for when it was asked. */
function essence({ verdict, reason, findings, answered, truths }: VipReport) {
  return {
    verdict,
    reason,
    findings: wordsOf(findings.filter(({ code }) => !BY_MEMORY.has(code))),
    answered: answered.map(({ mac: one, node, relation }) => `${one} ${node} ${relation}`).toSorted(),
    truths: { ...truths, elected: truths.elected.toSorted() },
  }
}

function wordsOf(findings: VipReport['findings']): string[] {
  return findings.map(({ code, severity, message }) => `${code} ${severity} ${message}`)
}

for (const story of STORIES) {
  test(`${story.tells} → ${story.says.join(', ')} by both`, async (t) => {
    const world = new DaemonWorld()
    story.from?.(world)
    world.start({ mustBeFree: story.mustBeFree ?? [] })
    t.after(async () => {
      world.stop.abort()
      await world.clock.run(5000)
      await world.ended
    })
    await world.run(60)
    story.befalls(world)
    world.onClusterChange()
    await world.run(150)
    const watched = world.watch.report()
    const once = await asked(world, story)
    const rowIn = ({ vips }: typeof once): VipReport => vips.find(({ vip }) => vip === TRAEFIK)!
    assert.deepEqual([rowIn(once).verdict, ...rowIn(once).findings.map(({ code }) => code)], story.says)
    assert.deepEqual(essence(rowIn(watched)), essence(rowIn(once)))
    if (story.besides)
      assert.deepEqual(
        once.findings.map(({ code }) => code),
        story.besides,
      )
    assert.deepEqual(wordsOf(watched.findings), wordsOf(once.findings))
  })
}
