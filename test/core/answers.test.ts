import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Case } from '../../src/core/case.ts'
import type { ClusterExpectation } from '../../src/core/expectation.ts'
import { judge } from '../../src/core/judge.ts'
import type { Records } from '../../src/core/records.ts'
import {
  answer,
  by,
  caseWith,
  FOREIGN,
  nobody,
  nodesWith,
  NUC_1,
  NUC_1_B,
  NUC_2,
  sideOf,
  somebody,
  STRANGER,
  UNDECIDED,
} from '../helpers/cases.ts'
import { ip } from '../helpers/segment.ts'

// Somebody answers: what is found where it should not, or not like that.

const nuc1 = somebody(['nuc-1'])
const split = somebody(['nuc-1', 'nuc-2'])
const share = (service: string, node: string) => ({
  service,
  refusal: null,
  answerers: [node],
  possible: [],
  votes: [{ by: node, elects: node }],
})
const shared = somebody(['nuc-1', 'nuc-2'], {
  shares: [share('dns/tcp', 'nuc-1'), share('dns/udp', 'nuc-2')],
})
const unpadded = (...macs: (typeof NUC_1)[]) => ({
  ...by(),
  answers: macs.map((one) => answer(one, { shortestFrame: 42 })),
})
const status = (node: string, ageMs: number | null) => ({
  service: 'ingress/traefik',
  node,
  interfaces: [],
  ageMs,
  orphaned: false,
})
const records = (change: Partial<Records>): Partial<Case> => ({
  side: sideOf({ records: { ...sideOf().records, ...change } }),
})
const event = (node: string, ageMs: number) => ({ service: 'ingress/traefik', node, count: 3, ageMs })
const nic = (name: string, mac: typeof NUC_1) => ({ name, mac, addresses: [], state: 'up' as const })
const onlyEno1 = somebody(['nuc-1'], { interfaces: new Map([['nuc-1', ['eno1']]]) })
const HOUR = 3_600_000
const VIEW = { kind: 'view', members: [], keyIndex: 0, unproven: false } as const

const TABLE: readonly (readonly [string, ClusterExpectation, Partial<Case>, string])[] = [
  ['both winners of their own views answer', split, { evidence: by(NUC_1, NUC_2) }, 'duplicate ARP301'],
  [
    'two nodes answer, and no view was read',
    somebody(['nuc-1'], { membership: 'inferred' }),
    { evidence: by(NUC_1, NUC_2) },
    'duplicate ARP301',
  ],
  [
    'a node answers beside the one winner, and elects another by its own view',
    nuc1,
    { evidence: by(NUC_1, NUC_2), nodes: nodesWith({ 'nuc-2': { reading: VIEW } }) },
    'duplicate ARP201',
  ],
  [
    'a node answers beside the one winner, and its own view was not read',
    nuc1,
    { evidence: by(NUC_1, NUC_2) },
    'duplicate ARP301',
  ],
  [
    'a node whose view is not known answers beside the winner',
    somebody(['nuc-1'], { possible: ['nuc-2'] }),
    { evidence: by(NUC_1, NUC_2) },
    'duplicate ARP301',
  ],
  [
    'Services that share the address elect two nodes, and both answer',
    shared,
    { evidence: by(NUC_1, NUC_2) },
    'duplicate ARP305',
  ],
  [
    'the same, and no view was read',
    { ...shared, membership: 'inferred' },
    { evidence: by(NUC_1, NUC_2) },
    'duplicate ARP305',
  ],
  [
    'the right node’s kernel answers beside another speaker: the kernel is not what doubles it',
    nuc1,
    { evidence: { ...by(), answers: [answer(NUC_1, { shortestFrame: 42 }), answer(NUC_2)] } },
    'duplicate ARP301',
  ],
  ['two nodes answer unpadded', nuc1, { evidence: unpadded(NUC_1, NUC_2) }, 'duplicate ARP304'],
  [
    'a node without a speaker answers beside the winner',
    nuc1,
    { evidence: by(NUC_1, NUC_2), nodes: nodesWith({ 'nuc-2': { pods: [] } }) },
    'duplicate ARP304',
  ],
  [
    'the same, and the list of pods could not be read',
    nuc1,
    {
      evidence: by(NUC_1, NUC_2),
      nodes: nodesWith({ 'nuc-2': { pods: [], podsKnown: false, reading: VIEW } }),
    },
    'duplicate ARP201',
  ],
  [
    'two nodes answer where nobody can say who should',
    UNDECIDED,
    { evidence: by(NUC_1, NUC_2) },
    'duplicate ARP301',
  ],
  ['another node answers alone', nuc1, { evidence: by(NUC_2) }, 'mismatch ARP201'],
  ['another node’s kernel answers alone', nuc1, { evidence: unpadded(NUC_2) }, 'mismatch ARP304'],
  ['a node answers where nobody should', nobody('no-endpoint'), { evidence: by(NUC_1) }, 'unexpected ARP201'],
  [
    'a kernel answers where nobody should',
    nobody('bgp-only'),
    { evidence: unpadded(NUC_1) },
    'unexpected ARP304',
  ],
  ['the right node’s kernel answers', nuc1, { evidence: unpadded(NUC_1) }, 'ok ARP304'],
  ['the right node answers on two NICs', nuc1, { evidence: by(NUC_1, NUC_1_B) }, 'ok ARP302'],
  [
    'the record names the right node',
    nuc1,
    { evidence: by(NUC_1), ...records({ statuses: [status('nuc-1', HOUR)] }) },
    'ok',
  ],
  [
    'the record names another node for an hour',
    nuc1,
    { evidence: by(NUC_1), ...records({ statuses: [status('nuc-2', HOUR)] }) },
    'ok ARP202',
  ],
  [
    'the record names another node for ten seconds',
    nuc1,
    { evidence: by(NUC_1), ...records({ statuses: [status('nuc-2', 10_000)] }) },
    'ok',
  ],
  [
    'the record names another node since nobody knows when',
    nuc1,
    { evidence: by(NUC_1), ...records({ statuses: [status('nuc-2', null)] }) },
    'ok ARP202',
  ],
  [
    'without a record the last event names another node',
    nuc1,
    { evidence: by(NUC_1), ...records({ assigned: [event('nuc-2', HOUR)] }) },
    'ok ARP202',
  ],
  [
    'a right record and an older event of another node',
    nuc1,
    {
      evidence: by(NUC_1),
      ...records({ statuses: [status('nuc-1', HOUR)], assigned: [event('nuc-2', 2 * HOUR)] }),
    },
    'ok',
  ],
  [
    'the right node answers from a NIC that its advertisements do not name',
    onlyEno1,
    {
      evidence: by(NUC_1_B),
      nodes: nodesWith({ 'nuc-1': { nics: [nic('eno1', NUC_1), nic('eno2', NUC_1_B)] } }),
    },
    'mismatch ARP204',
  ],
  [
    'the right node answers from the NIC that is named, and from another',
    onlyEno1,
    {
      evidence: by(NUC_1, NUC_1_B),
      nodes: nodesWith({ 'nuc-1': { nics: [nic('eno1', NUC_1), nic('eno2', NUC_1_B)] } }),
    },
    'ok ARP302',
  ],
  [
    'the MAC is that of a named NIC and of the VLAN on it',
    onlyEno1,
    {
      evidence: by(NUC_1),
      nodes: nodesWith({ 'nuc-1': { nics: [nic('eno1.7', NUC_1), nic('eno1', NUC_1)] } }),
    },
    'ok',
  ],
  ['nobody recorded which NIC has the MAC', onlyEno1, { evidence: by(NUC_1_B) }, 'ok'],
  [
    'another controller holds a Lease for the Service, and all is well on the wire',
    nuc1,
    { evidence: by(NUC_1), side: sideOf({ others: [{ by: 'cilium', what: 'lease', node: 'nuc-2' }] }) },
    'ok ARP306',
  ],
  [
    'another controller’s node answers too',
    nuc1,
    {
      evidence: by(NUC_1, NUC_2),
      side: sideOf({ others: [{ by: 'cilium', what: 'lease', node: 'nuc-2' }] }),
      nodes: nodesWith({ 'nuc-2': { reading: VIEW } }),
    },
    'duplicate ARP201 ARP306',
  ],
  ['a machine of no node answers', nuc1, { evidence: by(STRANGER), ...FOREIGN }, 'foreign ARP401'],
]
for (const [title, elected, change, expected] of TABLE) {
  test(`${title} → ${expected}`, () => {
    const { verdict, findings } = judge(caseWith(elected, change))
    assert.equal([verdict, ...findings.map(({ code }) => code)].join(' '), expected)
    for (const { message } of findings) assert.ok(message.startsWith('192.168.1.60 '), message)
  })
}

test('a VIP that is the answering node’s own address → that is said', () => {
  const nodes = nodesWith({ 'nuc-2': { ip: ip('192.168.1.60') } })
  const [found] = judge(caseWith(nuc1, { evidence: by(NUC_2), nodes })).findings
  assert.match(found!.why.join('\n'), /192\.168\.1\.60 is its own address/)
})

test('a kernel that answers by luck on the right node is a warning, not an error', () => {
  const [found] = judge(caseWith(nuc1, { evidence: unpadded(NUC_1) })).findings
  assert.equal(found!.severity, 'warning')
})
