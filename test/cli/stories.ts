import { check, type CheckEdges, type CheckOptions } from '../../src/check.ts'
import type { Report } from '../../src/core/report.ts'
import { readTargets } from '../../src/core/targets.ts'
import type { ClusterSnapshot } from '../../src/core/cluster.ts'
import { BOARD, NUC_MACS } from '../helpers/nucs.ts'
import { NO_OPTIONS } from '../helpers/options.ts'
import { ArpcheckError } from '../../src/errors.ts'
import { answers, FakeSegment, hostFacts, ip, link, mac, replyTo } from '../helpers/segment.ts'
import { CLUSTER_STORIES } from './cluster-stories.ts'

/** What happens on the wire, and what is asked for: each tells one screen. */
export interface Story {
  readonly asked: readonly string[]
  /** What a cluster says; two, where it changes while we ask. */
  readonly cluster?: readonly ClusterSnapshot[]
  readonly options?: Partial<CheckOptions>
  readonly happens?: (segment: FakeSegment, stop: AbortController) => void
}

const [NUC1, NUC2, NUC4] = [NUC_MACS['nuc-1'], NUC_MACS['nuc-2'], NUC_MACS['nuc-4']]

export const STORIES = {
  ...CLUSTER_STORIES,
  'answers-nothing-given': {
    asked: ['192.168.1.60', '192.168.1.64'],
    happens: (segment) => owners(segment, { 60: NUC4, 64: NUC1 }),
  },
  'answers-as-given': {
    asked: [`192.168.1.60=${NUC4}`, `192.168.1.62=${NUC2}`, `192.168.1.64=${NUC1}`],
    happens: (segment) => owners(segment, { 60: NUC4, 62: NUC2, 64: NUC1 }),
  },
  'one-answers': { asked: ['192.168.1.60'], happens: (segment) => owners(segment, { 60: NUC4 }) },
  silent: {
    asked: [`192.168.1.60=${NUC4}`, `192.168.1.62=${NUC2}`, '192.168.1.63', '192.168.1.64', '192.168.1.67'],
    happens: (segment) => owners(segment, { 62: NUC2, 63: NUC2, 64: NUC1, 67: NUC2 }),
  },
  'split-brain': {
    asked: [`192.168.1.62=${NUC2}`, `192.168.1.60=${NUC4}`],
    happens: (segment) => owners(segment, { 62: NUC2, 60: NUC4 }, { 62: NUC1 }),
  },
  'wrong-owner': {
    asked: [`192.168.1.60=${NUC4}`, `192.168.1.62=${NUC2}+${NUC1}`],
    happens: (segment) => owners(segment, { 60: BOARD, 62: NUC2 }),
  },
  'two-nics': {
    asked: [`192.168.1.62=${NUC2}+${NUC1}`, `192.168.1.60=${NUC4}`],
    happens: (segment) => owners(segment, { 62: NUC2, 60: NUC4 }, { 62: NUC1 }),
  },
  'many-faults': {
    asked: ['192.168.1.60-119', `192.168.1.120=${NUC1}`],
    happens: (segment) => owners(segment, { ...range(65, 113, NUC2), 120: NUC4 }, { 70: NUC1, 80: NUC4 }),
  },
  'many-fine': { asked: ['192.168.1.60-119'], happens: (segment) => owners(segment, range(60, 119, NUC2)) },
  deaf: { asked: ['192.168.1.60', `192.168.1.62=${NUC2}`], happens: (segment) => (segment.responders = []) },
  'not-here': { asked: ['10.0.0.5', '2001:db8::60'] },
  'partly-here': {
    asked: ['192.168.1.60', '10.0.0.5', '2001:db8:0:1::60'],
    happens: (segment) => owners(segment, { 60: NUC4 }),
  },
  'own-address': {
    asked: ['192.168.1.13', '192.168.1.60'],
    happens: (segment) => owners(segment, { 60: NUC4 }),
  },
  'frames-lost': {
    asked: ['192.168.1.60', '192.168.1.62'],
    happens: (segment) => {
      owners(segment, { 62: NUC2 })
      segment.countsFrames = false
    },
  },
  interrupted: {
    asked: ['192.168.1.60', '192.168.1.62'],
    happens: (segment, stop) => {
      owners(segment, { 60: NUC4 })
      segment.clock.onStep = () => stop.abort()
    },
  },
  'interface-down': {
    asked: ['192.168.1.60', '192.168.1.62'],
    happens: (segment) => {
      owners(segment, { 60: NUC4 })
      const remedy = ['Look at its state: ip link show']
      segment.clock.onStep = () =>
        segment.trouble(new ArpcheckError('interface-down', 'eno1 is down (switched off).', { remedy }))
    },
  },
  proxy: {
    asked: ['192.168.1.60'],
    options: { mustBeFree: [ip('192.168.1.70'), ip('192.168.1.71')] },
    happens: (segment) => segment.responders.push((question) => [replyTo(question, { sha: mac(BOARD) })]),
  },
  'hostile-name': {
    asked: ['192.168.1.60'],
    happens: (segment) => {
      owners(segment, { 60: NUC4 })
      segment.facts = hostFacts({ hostname: 'nuc\u001B[2J\u202E3\u0085' })
    },
  },
  'no-address-here': {
    asked: ['192.168.1.60'],
    options: { interfaces: ['eno1'] },
    happens: (segment) => {
      owners(segment, { 60: NUC4 })
      segment.facts = hostFacts({ links: [link({ addresses: [] })], gateways: [] })
    },
  },
} satisfies Record<string, Story>

/** Asks on a segment in memory, so that the report is one that arpcheck really makes. */
export async function tell(
  name: keyof typeof STORIES,
  through: (edges: CheckEdges) => CheckEdges = (edges) => edges,
): Promise<Report> {
  return tellStory(STORIES[name], through)
}

export async function tellStory(
  story: Story,
  through: (edges: CheckEdges) => CheckEdges = (edges) => edges,
): Promise<Report> {
  const { cluster, happens } = story
  const [segment, stop] = [new FakeSegment(), new AbortController()]
  happens?.(segment, stop)
  const snapshots = [...(cluster ?? [])]
  const readCluster = async () => (snapshots.length > 1 ? snapshots.shift()! : snapshots[0]!)
  const edges = {
    clock: segment.clock,
    hostFacts: () => segment.facts,
    openCapture: segment.open,
    ...(cluster && { readCluster }),
  }
  return check(asOptions(story), through(edges), stop.signal)
}

/** What a story asks. */
export function optionsOf(name: keyof typeof STORIES): CheckOptions {
  return asOptions(STORIES[name])
}

function asOptions({ asked, options }: Story): CheckOptions {
  const targets = readTargets(asked, { confirmed: false })
  if ('message' in targets) throw new Error(targets.message)
  return { ...NO_OPTIONS, targets, ...options }
}

/** Last byte of the address → the MAC that answers for it. */
type Owners = Readonly<Record<number, string>>

function owners(segment: FakeSegment, ...maps: readonly Owners[]): void {
  for (const [host, owner] of maps.flatMap((map) => Object.entries(map)))
    segment.responders.push(answers(`192.168.1.${host}`, owner))
}

function range(from: number, to: number, owner: string): Owners {
  return Object.fromEntries(Array.from({ length: to - from + 1 }, (_, i) => [from + i, owner]))
}
