import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { elect, rank } from '../../src/announcers/metallb/election.ts'
import { hashOf } from '../../src/announcers/metallb/order.ts'
import { groundOf } from '../../src/announcers/metallb/ground.ts'
import { parseIp } from '../../src/core/ip.ts'
import { advertisement, cluster, node, pool, selector, service, slice, speaker } from '../helpers/cluster.ts'

interface Vector {
  readonly id: string
  readonly statusIPs: readonly string[]
  readonly text: string
  readonly nodes: readonly string[]
  readonly scores: Readonly<Record<string, number>>
  readonly order: readonly string[]
  readonly hex: readonly string[]
}

const VECTORS = JSON.parse(readFileSync('test/fixtures/election/vectors.json', 'utf8')) as Vector[]
/** Hashed as `namespace/name` before v0.11.0, which is not judged: order and digests alone. */
const LEGACY = VECTORS.filter(({ id }) => id.startsWith('L'))
const BY_IP = VECTORS.filter((vector) => !LEGACY.includes(vector))

test('there are 23 vectors by address and one of the time before', () => {
  assert.equal(BY_IP.length, 23)
  assert.equal(LEGACY.length, 1)
})

for (const { id, statusIPs, text, order, hex, nodes, scores } of BY_IP) {
  test(`${id}: ${statusIPs.join(' and ')} hashes as ${text} → ${order.join(', ')}`, () => {
    const { hashed, candidates } = election(statusIPs, nodes, scores)
    assert.equal(hashed, text)
    assert.deepEqual(
      candidates.map((candidate) => candidate.node),
      order,
    )
    assert.deepEqual(
      candidates.map(({ hash }) => hash.slice(0, 16)),
      hex,
    )
  })
}

for (const { id, text, order, hex, nodes } of LEGACY) {
  test(`${id}: ${text} orders ${order.join(', ')}`, () => {
    const ranked = rank(
      nodes.map((name) => ({ node: name, score: 0, interfaces: 'all' })),
      text,
    )
    assert.deepEqual(
      ranked.map(({ node: name, hash }) => [name, hash.slice(0, 16)]),
      order.map((name, index) => [name, hex[index]]),
    )
  })
}

/** What somebody could take for the rule. Each must be caught by a vector, or the vectors prove too little. */
const MISREADINGS: readonly (readonly [
  string,
  (nodes: readonly string[], text: string, raw: string) => string[],
])[] = [
  ['with a newline behind it', (nodes, text) => byHash(nodes, (name) => hashOf(name, `${text}\n`))],
  ['as address#node', (nodes, text) => byHash(nodes, (name) => hashOf(text, name))],
  ['with the # behind', (nodes, text) => byHash(nodes, (name) => hashOf(`${name}${text}`, ''))],
  ['as the status words it', (nodes, _, raw) => byHash(nodes, (name) => hashOf(name, raw))],
  ['and compared as signed bytes', (nodes, text) => byHash(nodes, (name) => signed(hashOf(name, text)))],
  ['and the largest taken first', (nodes, text) => byHash(nodes, (name) => hashOf(name, text)).toReversed()],
]

for (const [name, order] of MISREADINGS) {
  test(`hashed ${name}, some vector's order comes out wrong`, () => {
    const caught = BY_IP.filter(({ scores }) => Object.keys(scores).length === 0).filter(
      (vector) => String(order(vector.nodes, vector.text, vector.statusIPs[0]!)) !== String(vector.order),
    )
    assert.notEqual(caught.length, 0)
  })
}

test('the un-normalised text is caught by each vector that has one', () => {
  const odd = BY_IP.filter(({ text, statusIPs }) => text !== statusIPs[0])
  assert.deepEqual(
    odd.map(({ id }) => id),
    ['V09', 'V10', 'V12', 'V14'],
  )
  for (const { nodes, statusIPs, hex } of odd)
    assert.notDeepEqual(
      rank(
        nodes.map((name) => ({ node: name, score: 0, interfaces: 'all' as const })),
        statusIPs[0]!,
      ).map(({ hash }) => hash.slice(0, 16)),
      hex,
    )
})

/** A whole election by v0.16.2 in which each preference is worth what the vector gives the node. */
function election(ips: readonly string[], names: readonly string[], scores: Vector['scores']) {
  const preferences = Object.entries(scores).map(([name, weight]) => ({
    weight,
    preference: selector({ name }),
  }))
  const made = cluster({
    nodes: names.map((name) => node(name, { labels: { name } })),
    services: [service('svc', ips)],
    endpointSlices: [slice('svc', [names[0]!])],
    pools: [pool('all', ['0.0.0.0/0', '::/0'])],
    l2Advertisements: [advertisement('all', { preferredNodeSelectors: preferences })],
    speakerPods: names.map((name) => speaker(name, 'v0.16.2')),
  })
  const ground = groundOf(made)
  assert.equal(parseIp(ips[0]!) !== undefined, true)
  return elect(ground.standings.get('default/svc')!, ground, { members: names }, ground.rules[0]!)
}

function byHash(names: readonly string[], key: (name: string) => string): string[] {
  return names.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** Orders as signed bytes would: the upper half of each byte's values comes first. */
function signed(hex: string): string {
  return Buffer.from(Buffer.from(hex, 'hex').map((byte) => byte ^ 0x80)).toString('hex')
}
