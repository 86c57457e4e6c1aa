import assert from 'node:assert/strict'
import { test } from 'node:test'
import { macMapOf, type MacSources } from '../../src/core/macs.ts'
import { NUC_1, NUC_2, STRANGER } from '../helpers/cases.ts'
import { node } from '../helpers/cluster.ts'
import { ip } from '../helpers/segment.ts'

const OWN = ip('192.168.1.11')
const OTHER = ip('192.168.1.12')
const nodes = [node('nuc-1', { internalIps: [OWN] }), node('nuc-2', { internalIps: [OTHER] })]

function map(
  answers: Readonly<Record<string, readonly (typeof NUC_1)[]>>,
  change: Partial<MacSources> = {},
): string[] {
  const { nodeOf } = macMapOf({
    nodes,
    records: [],
    own: { node: null, macs: new Set() },
    vips: new Set(),
    asked: new Set([OWN, OTHER]),
    answerers: (address) => answers[address] ?? [],
    confessed: () => [],
    seen: new Set(),
    ...change,
  })
  return [...nodeOf].map(([mac, name]) => `${mac} ${name}`).toSorted()
}

const record = (name: string, mac: typeof NUC_1) => ({
  node: name,
  nics: [{ name: 'eno1', mac, addresses: [], state: 'up' as const }],
  changedAt: null,
})

for (const [title, found, expected] of [
  [
    'each node answers for its own address',
    map({ [OWN]: [NUC_1], [OTHER]: [NUC_2] }),
    [`${NUC_1} nuc-1`, `${NUC_2} nuc-2`],
  ],
  [
    'one MAC answers for two nodes: a relay',
    map({ [OWN]: [STRANGER], [OTHER]: [STRANGER, NUC_2] }),
    [`${NUC_2} nuc-2`],
  ],
  ['a record tells', map({}, { records: [record('nuc-2', NUC_2)] }), [`${NUC_2} nuc-2`]],
  [
    'a node’s address is a VIP, which its owner answers too',
    map({ [OWN]: [NUC_1], [OTHER]: [NUC_1, NUC_2] }, { vips: new Set([OTHER]) }),
    [`${NUC_1} nuc-1`, `${NUC_2} nuc-2`],
  ],
  [
    'a node’s address is a VIP, and two answer of whom nothing else is known',
    map({ [OWN]: [NUC_1], [OTHER]: [STRANGER, NUC_2] }, { vips: new Set([OTHER]) }),
    [`${NUC_1} nuc-1`],
  ],
] as const) {
  test(`MACs: ${title} → ${expected.join(', ')}`, () => assert.deepEqual(found, expected))
}
