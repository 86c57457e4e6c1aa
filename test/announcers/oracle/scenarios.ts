import type {
  ClusterSnapshot,
  Endpoint,
  IpAddressPool,
  L2Advertisement,
  LabelSelector,
  Node,
  Service,
} from '../../../src/core/cluster.ts'
import { seededRandom, type Random } from '../../../src/core/random.ts'
import {
  advertisement,
  cluster,
  endpoint,
  node,
  pool,
  selector,
  service,
  settings,
  slice,
  speaker,
} from '../../helpers/cluster.ts'

/** One made-up cluster, for MetalLB's own code and for ours. */
export interface Scenario {
  readonly id: string
  readonly nodes: readonly Node[]
  readonly service: Service
  /** Endpoints of each slice. */
  readonly slices: readonly (readonly Endpoint[])[]
  readonly pools: readonly IpAddressPool[]
  readonly ads: readonly L2Advertisement[]
  /** Null: memberlist is off. */
  readonly members: readonly string[] | null
  readonly ignoreExcludeLB: boolean
}

const NODE_NAMES = [
  ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4', 'nuc-5', 'nuc-6'],
  [
    'k8s-cp-1.lab.example.net',
    'k8s-wk-1.lab.example.net',
    'k8s-wk-2.lab.example.net',
    'k8s-wk-3.lab.example.net',
  ],
  ['ip-10-0-1-11.eu-west-1.compute.internal', 'ip-10-0-1-12.eu-west-1.compute.internal'],
]
/** Name, ranges, and addresses of it in spellings that a status may have. */
const POOLS = [
  ['lan', ['192.168.1.60-192.168.1.70'], ['192.168.1.60', '192.168.1.61', '192.168.1.70']],
  ['six', ['2001:db8:42::/112', '10.9.0.0/28'], ['2001:DB8:42:0::F0', '2001:db8:42::1', '::ffff:10.9.0.4']],
  ['edge', ['203.0.113.0/29', '203.0.113.16 - 203.0.113.18'], ['203.0.113.0', '203.0.113.7', '203.0.113.17']],
  [
    'odd',
    ['2001:db8:0:1:1:1:1:0-2001:db8:0:1:1:1:1:ff', '198.51.100.9/32'],
    ['2001:db8:0:1:1:1:1:1', '198.51.100.9'],
  ],
] as const
/** One beside each end of a range. */
const OUTSIDE = ['192.168.1.59', '192.168.1.71', '203.0.113.8', '10.9.0.16', '2001:db8:43::1']
const EXCLUDE = 'node.kubernetes.io/exclude-from-external-load-balancers'
const SHARED = ['metallb.io/allow-shared-ip', 'metallb.universe.tf/allow-shared-ip']

/** The same scenarios for the same seed, on every machine. */
export function scenarios(count: number, seed = 0x5eed): Scenario[] {
  const dice = new Dice(seed)
  return Array.from({ length: count }, (_, index) => scenario(`S${index + 1}`, dice))
}

/** What the announcer is given of a scenario: every member runs a speaker of `version`. */
export function snapshotOf(made: Scenario, version: string): ClusterSnapshot {
  const args = made.ignoreExcludeLB ? ['--ignore-exclude-lb'] : []
  const start = settings(version, args)
  const env = made.members ? start.env : { METALLB_NODE_NAME: null }
  const running = made.members ?? made.nodes.map(({ name }) => name)
  return cluster({
    nodes: made.nodes,
    services: [made.service],
    endpointSlices: made.slices.map((endpoints) => slice('svc', endpoints)),
    pools: made.pools,
    l2Advertisements: made.ads,
    speakerPods: (running.length > 0 ? running : ['nowhere']).map((name) =>
      speaker(name, version, { ...start, env }),
    ),
  })
}

class Dice {
  private readonly random: Random
  constructor(seed: number) {
    this.random = seededRandom(seed)
  }
  below = (limit: number): number => this.random.below(limit)
  chance = (probability: number): boolean => this.random.next() < probability
  pick = <T>(list: readonly T[]): T => list[this.below(list.length)]!
  some = <T>(list: readonly T[], probability: number): T[] => list.filter(() => this.chance(probability))
  many = <T>(length: number, make: (index: number) => T): T[] =>
    Array.from({ length }, (_, index) => make(index))
}

function scenario(id: string, dice: Dice): Scenario {
  const names = dice.pick(NODE_NAMES).slice(0, 1 + dice.below(6))
  const members = [...dice.some(names, 0.85), ...(dice.chance(0.1) ? ['gone-node'] : [])]
  const made: Scenario = {
    id,
    nodes: names.map((name) => nodeOf(name, dice)),
    service: serviceOf(dice),
    slices: dice.many(dice.pick([0, 1, 1, 1, 2]), () =>
      dice.many(1 + dice.below(3), () => endpointOf(names, dice)),
    ),
    pools: POOLS.map(([name, addresses]) => pool(name, addresses, { labels: labelsOf(['tier'], dice) })),
    ads: dice.many(dice.pick([0, 1, 1, 2, 2, 3]), (index) => adOf(`ad-${index}`, dice)),
    members: dice.chance(0.08) ? null : members,
    ignoreExcludeLB: dice.chance(0.1),
  }
  return dice.chance(0.06) ? spoil(made, dice) : made
}

function nodeOf(name: string, dice: Dice): Node {
  const label = dice.chance(0.15) ? { [EXCLUDE]: dice.pick(['', 'false']) } : {}
  const status = dice.pick(['True', 'False', 'Unknown'] as const)
  return node(name, {
    labels: { ...labelsOf(['zone', 'role', 'disk'], dice), ...label },
    ready: { status: dice.pick(['True', 'False']), since: null },
    networkUnavailable: dice.chance(0.3) ? { status, since: null } : null,
    unschedulable: dice.chance(0.15),
  })
}

function serviceOf(dice: Dice): Service {
  const [, , ips] = dice.pick(POOLS)
  const inPool = dice.many(dice.chance(0.25) ? 2 : 1, () => dice.pick<string>(ips))
  const all = dice.chance(0.04) ? [...inPool, dice.pick(OUTSIDE)] : inPool
  const made = service('svc', dice.chance(0.02) ? [] : all, {
    labels: labelsOf(['app', 'team'], dice),
    annotations: dice.chance(0.25) ? { [dice.pick(SHARED)]: dice.pick(['', 'key']) } : {},
    externalTrafficPolicy: dice.chance(0.4) ? 'Local' : 'Cluster',
  })
  const hostname = { ip: null, hostname: 'lb.example.net', ipMode: null }
  return dice.chance(0.03) ? { ...made, ingress: [...made.ingress, hostname] } : made
}

function endpointOf(names: readonly string[], dice: Dice): Endpoint {
  const condition = (): boolean | null => dice.pick([null, true, true, false])
  const nodeName = dice.chance(0.9) ? dice.pick(names) : null
  return endpoint({ nodeName, ready: condition(), serving: condition(), terminating: condition() })
}

function adOf(name: string, dice: Dice): L2Advertisement {
  const weigh = (): { weight: number; preference: LabelSelector } => ({
    weight: dice.pick([1, 10, 50, 100]),
    preference: selectorOf(['zone', 'disk'], dice),
  })
  const poolNames = [...POOLS.map(([poolName]) => poolName), 'gone']
  return advertisement(name, {
    ipAddressPools: dice.chance(0.3) ? dice.some(poolNames, 0.6) : [],
    ipAddressPoolSelectors: selectorsOf(0.2, ['tier'], dice),
    nodeSelectors: selectorsOf(0.35, ['zone', 'role'], dice),
    interfaces: dice.chance(0.4) ? dice.some(['eth0', 'eth1', 'eth2'], 0.5) : [],
    serviceSelectors: selectorsOf(0.3, ['app', 'team'], dice),
    preferredNodeSelectors: dice.chance(0.3) ? dice.many(1 + dice.below(2), weigh) : [],
  })
}

function labelsOf(keys: readonly string[], dice: Dice): Record<string, string> {
  return Object.fromEntries(dice.some(keys, 0.6).map((key) => [key, dice.pick(['a', 'b', 'c'])]))
}

function selectorsOf(probability: number, keys: readonly string[], dice: Dice): LabelSelector[] {
  if (!dice.chance(probability)) return []
  const made = dice.many(1 + dice.below(2), () => selectorOf(keys, dice))
  return [...new Map(made.map((one) => [JSON.stringify(one), one])).values()]
}

function selectorOf(keys: readonly string[], dice: Dice): LabelSelector {
  if (dice.chance(0.1)) return selector({})
  const key = dice.pick(keys)
  if (dice.chance(0.5)) return selector({ [key]: dice.pick(['a', 'b']) })
  const operator = dice.pick(['In', 'NotIn', 'Exists', 'DoesNotExist'])
  const values = operator.endsWith('In') ? dice.pick([['a'], ['b'], ['a', 'b']]) : []
  const matchLabels = dice.chance(0.2) ? { [dice.pick(keys)]: 'a' } : {}
  return { matchLabels, matchExpressions: [{ key, operator, values }] }
}

/** Something that MetalLB refuses, and with it the whole configuration. */
function spoil(made: Scenario, dice: Dice): Scenario {
  const [first, ...pools] = made.pools
  const twin = selector({ zone: 'a' })
  const expression = (key: string, operator: string, values: readonly string[]): LabelSelector => ({
    matchLabels: {},
    matchExpressions: [{ key, operator, values }],
  })
  const withPool = (addresses: readonly string[]): Scenario => ({
    ...made,
    pools: [{ ...first!, addresses }, ...pools],
  })
  const withAd = (parts: Partial<L2Advertisement>): Scenario => ({
    ...made,
    ads: [...made.ads, advertisement('bad', parts)],
  })
  return dice.pick([
    () => withPool([...first!.addresses, first!.addresses[0]!]),
    () => withPool(['10.0.0.1']),
    () => withPool(['10.0.0.9-10.0.0.1']),
    () => withPool([]),
    () => withAd({ ipAddressPools: ['lan', 'lan'] }),
    () => withAd({ nodeSelectors: [twin, twin] }),
    () => withAd({ nodeSelectors: [expression('zone', 'Is', ['a'])] }),
    () => withAd({ nodeSelectors: [expression('zone', 'In', ['a', 'a'])] }),
    () => withAd({ ipAddressPoolSelectors: [expression('tier', 'In', [])] }),
    () => withAd({ ipAddressPoolSelectors: [expression('tier', 'Exists', ['a'])] }),
    () => withAd({ ipAddressPoolSelectors: [selector({ tier: 'not a label value' })] }),
  ])()
}
