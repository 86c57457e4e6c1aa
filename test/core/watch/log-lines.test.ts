import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { InputName, Readable } from '../../../src/core/cluster.ts'
import { VERDICTS } from '../../../src/core/verdict.ts'
import { changesBetween } from '../../../src/core/watch/log-lines.ts'
import type { VipState, WatchState } from '../../../src/core/watch/state.ts'
import { address, AT, interfaceState, manyVips, row, vipState, watchState } from '../../helpers/watched.ts'

// Which steps from one state to the next are worth a line, and how many lines there may be.

const VIP = address('192.168.1.60')

function state(vip: Partial<VipState> = {}, changed: Partial<WatchState> = {}): WatchState {
  return watchState([vipState(VIP, vip)], changed)
}

function told(before: WatchState, after: WatchState): string[] {
  return changesBetween(before, after).map(({ level, message }) => `${level} ${message}`)
}

test('the same state again → nothing, whatever its verdict', () => {
  for (const verdict of VERDICTS) {
    const same = (): WatchState => state({ row: row(VIP, verdict) })
    assert.deepEqual(told(same(), same()), [])
  }
})

test('counters and times alone → nothing', () => {
  const after = state({
    lastAnswerAt: AT + 5,
    probes: { good: 9, bad: 9, excluded: 9 },
    intervalMs: 1,
    silentSinceMs: 4,
  })
  assert.deepEqual(told(state(), after), [])
})

suite('a verdict that changes is told by its weight', () => {
  for (const [from, to, line] of [
    ['ok', 'silent', 'error verdict changed'],
    ['ok', 'duplicate', 'error verdict changed'],
    ['silent', 'foreign', 'error verdict changed'],
    ['ok', 'settling', 'info verdict changed'],
    ['silent', 'ok', 'info verdict changed'],
    ['ok', 'unknown', 'warn verdict changed'],
    ['ok', 'self', 'info verdict changed'],
  ] as const) {
    test(`${from} → ${to}: ${line}`, () =>
      assert.deepEqual(told(state({ row: row(VIP, from) }), state({ row: row(VIP, to) })), [line]))
  }
})

test('its line says from what to what, why, and what was seen', () => {
  const findings = [
    { code: 'ARP101', severity: 'error', message: 'x is silent.', why: ['a'], next: ['b'] },
  ] as const
  const [line] = changesBetween(state(), state({ row: row(VIP, 'silent', { answered: [], findings }) }))
  assert.deepEqual(line!.fields, {
    vip: VIP,
    services: ['ingress/traefik'],
    interface: 'eno1',
    from: 'ok',
    verdict: 'silent',
    expected: ['nuc-2'],
    answered: [],
    findings: [{ code: 'ARP101', message: 'x is silent.' }],
  })
})

type Sources = WatchState['sources']
const source = (readable: Readable) => ({ readable, lastSuccessAt: null, errors: new Map<string, number>() })
const failing = (...names: InputName[]): Sources =>
  new Map(names.map((name) => [name, source({ failed: 'ECONNREFUSED' })]))
const BEGUN: Sources = new Map([['services', source({ failed: 'not read yet' })]])
const READ: Sources = new Map([['services', source('yes')]])

test('inputs that fail alike → one line that names them all', () => {
  const [line, ...more] = changesBetween(state(), state({}, { sources: failing('services', 'nodes') }))
  assert.deepEqual([line?.fields, more], [{ inputs: ['services', 'nodes'], why: 'ECONNREFUSED' }, []])
})

for (const [what, before, after, lines] of [
  ['a VIP comes unjudged', watchState([]), state({ row: null }), ['info vip came']],
  ['a VIP comes and is judged', watchState([]), state(), ['info vip came', 'info verdict changed']],
  ['a VIP goes', state(), watchState([]), ['info vip went']],
  ['another vantage takes over', state(), state({ row: null }), []],
  ['the owner changes and all is well', state(), state({ ownerChanges: 1 }), ['info owner changed']],
  [
    'the owner changes and the verdict with it',
    state(),
    state({ ownerChanges: 1, row: row(VIP, 'mismatch') }),
    ['error verdict changed'],
  ],
  [
    'all inputs fail alike',
    state(),
    state({}, { sources: failing('services', 'nodes') }),
    ['warn input not readable'],
  ],
  ['inputs are only begun to be read', state({}, { sources: READ }), state({}, { sources: BEGUN }), []],
  ['what was only begun is read', state({}, { sources: BEGUN }), state({}, { sources: READ }), []],
  [
    'an input is denied',
    state(),
    state(
      {},
      {
        sources: new Map([['services', { readable: { denied: 'x' }, lastSuccessAt: 1, errors: new Map() }]]),
      },
    ),
    ['warn input not readable'],
  ],
  [
    'inputs are readable again',
    state(),
    state({}, { sources: new Map([['nodes', { readable: 'yes', lastSuccessAt: 1, errors: new Map() }]]) }),
    ['info input readable again'],
  ],
  [
    'an interface turns deaf',
    state(),
    state(
      {},
      {
        interfaces: new Map([
          ['eno1', interfaceState('eno1', { canaries: { mustAnswer: false, mustBeFree: null } })],
        ]),
      },
    ),
    ['warn vantage is deaf'],
  ],
  [
    'a node dies',
    state(),
    state({}, { nodes: new Map([['nuc-1', { answers: false }]]) }),
    ['warn node does not answer'],
  ],
  [
    'a node returns',
    state(),
    state({}, { nodes: new Map([['nuc-4', { answers: true }]]) }),
    ['info node answers again'],
  ],
  [
    'a node is first seen, and lives',
    state(),
    state({}, { nodes: new Map([['nuc-7', { answers: true }]]) }),
    [],
  ],
  [
    'views begin to differ',
    state(),
    state({}, { membersDisagree: true }),
    ['warn member views elect differently'],
  ],
  [
    'views agree again',
    state({}, { membersDisagree: true }),
    state({}, { membersDisagree: false }),
    ['info member views agree again'],
  ],
  [
    'a configuration is refused',
    state(),
    state({}, { config: { loadedAt: AT, successful: false } }),
    ['error configuration refused'],
  ],
  [
    'a configuration is loaded',
    state({}, { config: { loadedAt: AT, successful: false } }),
    state({}, { config: { loadedAt: AT + 1, successful: true } }),
    ['info configuration loaded'],
  ],
] as const) {
  test(`${what} → ${lines.join(', ') || 'nothing'}`, () => assert.deepEqual(told(before, after), [...lines]))
}

test('1000 VIPs fall silent at once → 50 lines and a count', () => {
  const before = watchState(manyVips(1000))
  const after = watchState(manyVips(1000).map((one) => ({ ...one, row: row(one.vip, 'silent') })))
  const lines = changesBetween(before, after)
  assert.equal(lines.length, 51)
  assert.deepEqual(lines.at(-1)!.fields, { count: 950 })
})

test('a fault among 1000 that come is not cut off', () => {
  const vips = manyVips(1000)
  const last = vips.at(-1)!
  const after = watchState([...vips.slice(0, -1), { ...last, row: row(last.vip, 'silent') }])
  assert.equal(changesBetween(watchState([]), after)[0]!.fields['vip'], last.vip)
})
