import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { inRange, overlap, parseRange } from '../../src/announcers/metallb/ranges.ts'
import { configurationProblem } from '../../src/announcers/metallb/refused.ts'
import { matches } from '../../src/announcers/metallb/selectors.ts'
import type { ClusterSnapshot, L2Advertisement, LabelExpression } from '../../src/core/cluster.ts'
import { parseIp } from '../../src/core/ip.ts'
import { advertisement, cluster, pool, selector } from '../helpers/cluster.ts'

suite('ranges', () => {
  for (const [range, inside, outside] of [
    [
      '192.168.1.60-192.168.1.69',
      ['192.168.1.60', '192.168.1.69', '::ffff:192.168.1.61'],
      ['192.168.1.59', '192.168.1.70', '::'],
    ],
    [' 10.0.0.1 -  10.0.0.1 ', ['10.0.0.1'], ['10.0.0.0', '10.0.0.2']],
    ['10.0.0.77/26', ['10.0.0.64', '10.0.0.127'], ['10.0.0.63', '10.0.0.128']],
    ['10.0.0.5/32', ['10.0.0.5'], ['10.0.0.4', '10.0.0.6']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['::1']],
    ['10.0.0.0/024', ['10.0.0.255'], ['10.0.1.0']],
    ['2001:db8::/64', ['2001:db8::', '2001:db8::ffff:ffff:ffff:ffff'], ['2001:db8:0:1::', '10.0.0.1']],
    [
      '2001:db8::1-2001:db8::1:0',
      ['2001:db8::1', '2001:db8::ffff', '2001:db8::1:0'],
      ['2001:db8::', '2001:db8::1:1'],
    ],
    ['::ffff:10.0.0.0/120', ['10.0.0.255'], ['10.0.1.0', '::1']],
    ['::/80', ['::1'], ['10.0.0.1']],
  ] as const) {
    test(`${range} holds ${inside.join(', ')}, and not ${outside.join(', ')}`, () => {
      const read = parseRange(range)!
      for (const text of inside) assert.equal(inRange(read, parseIp(text)!), true, text)
      for (const text of outside) assert.equal(inRange(read, parseIp(text)!), false, text)
    })
  }

  for (const text of [
    '',
    '10.0.0.1',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    ' 10.0.0.0/24',
    '10.0.0.0/24/24',
    '10.0.0.2-10.0.0.1',
    '10.0.0.1-10',
    '10.0.0.1-::1',
    '2001:db8::/129',
    'x-y',
    '10.0.0.01-10.0.0.9',
  ])
    test(`${JSON.stringify(text)} is no range`, () => assert.equal(parseRange(text), undefined))

  test('ranges overlap when they share one address, and never across families', () => {
    const both = (a: string, b: string) => overlap(parseRange(a)!, parseRange(b)!)
    assert.equal(both('10.0.0.0/24', '10.0.0.255-10.0.1.9'), true)
    assert.equal(both('10.0.0.0/24', '10.0.1.0/24'), false)
    assert.equal(both('0.0.0.0/0', '::/0'), false)
  })
})

suite('label selectors', () => {
  const labels = { zone: 'a', role: '' }
  const expression = (key: string, operator: string, values: readonly string[] = []): LabelExpression => ({
    key,
    operator,
    values,
  })
  for (const [expressions, matching] of [
    [[], true],
    [[expression('zone', 'In', ['b', 'a'])], true],
    [[expression('zone', 'In', ['b'])], false],
    [[expression('gone', 'In', ['a'])], false],
    [[expression('zone', 'NotIn', ['b'])], true],
    [[expression('zone', 'NotIn', ['a'])], false],
    [[expression('gone', 'NotIn', ['a'])], true],
    [[expression('role', 'Exists')], true],
    [[expression('gone', 'Exists')], false],
    [[expression('gone', 'DoesNotExist')], true],
    [[expression('role', 'DoesNotExist')], false],
    [[expression('zone', 'Exists'), expression('gone', 'Exists')], false],
    [[expression('constructor', 'Exists')], false],
  ] as const) {
    const title = expressions
      .map(({ key, operator, values }) => `${key} ${operator} ${values.join()}`)
      .join(' and ')
    test(`{zone: a, role: ""} by ${title || 'the empty selector'} → ${matching}`, () =>
      assert.equal(matches({ matchLabels: {}, matchExpressions: expressions }, labels), matching))
  }

  test('matchLabels and matchExpressions must both hold', () => {
    const both = (zone: string) =>
      matches({ matchLabels: { zone }, matchExpressions: [expression('role', 'Exists')] }, labels)
    assert.deepEqual([both('a'), both('b')], [true, false])
  })
})

suite('what MetalLB refuses as a whole', () => {
  const pools = (...addresses: readonly (readonly string[])[]) => ({
    pools: addresses.map((list, index) => pool(`p${index}`, list)),
  })
  const ad = (parts: Partial<L2Advertisement>) => ({ l2Advertisements: [advertisement('ad', parts)] })
  const zone = (operator: string, values: readonly string[]) => ({
    matchLabels: {},
    matchExpressions: [{ key: 'zone', operator, values }],
  })
  const twin = selector({ zone: 'a' })

  for (const [title, parts, problem] of [
    ['nothing at all', {}, undefined],
    ['pools side by side', pools(['10.0.0.0/25'], ['10.0.0.128/25', '2001:db8::/64']), undefined],
    ['a pool without addresses', pools([]), 'IPAddressPool p0 has no addresses'],
    ['an address alone', pools(['10.0.0.1']), 'IPAddressPool p0: "10.0.0.1" is no range'],
    [
      'pools that overlap',
      pools(['10.0.0.0/24', '10.9.0.0/24'], ['10.0.0.9-10.0.0.9']),
      '10.0.0.0/24 of IPAddressPool p0 overlaps 10.0.0.9-10.0.0.9 of p1',
    ],
    [
      'ranges of one pool that overlap',
      pools(['10.0.0.0/24', '10.0.0.0/25']),
      '10.0.0.0/24 of IPAddressPool p0 overlaps 10.0.0.0/25 of p0',
    ],
    ['a pool named twice', ad({ ipAddressPools: ['a', 'a'] }), 'L2Advertisement ad: names a pool twice'],
    [
      'the same node selector twice',
      ad({ nodeSelectors: [twin, twin] }),
      'L2Advertisement ad: the same selector twice',
    ],
    [
      'the same but for the order of its values',
      ad({ serviceSelectors: [zone('In', ['a', 'b']), zone('In', ['b', 'a'])] }),
      'L2Advertisement ad: the same selector twice',
    ],
    [
      'a value twice',
      ad({ nodeSelectors: [zone('In', ['a', 'a'])] }),
      'L2Advertisement ad: the same value twice for zone',
    ],
    [
      'an operator that does not exist',
      ad({ nodeSelectors: [zone('Is', ['a'])] }),
      'L2Advertisement ad: no such operator: Is',
    ],
    [
      'In without values',
      ad({ ipAddressPoolSelectors: [zone('In', [])] }),
      'L2Advertisement ad: In of zone with no values',
    ],
    [
      'Exists with values',
      ad({ ipAddressPoolSelectors: [zone('Exists', ['a'])] }),
      'L2Advertisement ad: Exists of zone with some values',
    ],
    [
      'a label value with spaces',
      ad({ nodeSelectors: [selector({ zone: 'a b' })] }),
      'L2Advertisement ad: no label value: a b',
    ],
    [
      'a label key with two slashes',
      ad({ nodeSelectors: [selector({ 'a/b/c': 'a' })] }),
      'L2Advertisement ad: no label key: a/b/c',
    ],
    [
      'twin preferences',
      ad({
        preferredNodeSelectors: [
          { weight: 1, preference: twin },
          { weight: 2, preference: twin },
        ],
      }),
      undefined,
    ],
    [
      'a preference that is no selector',
      ad({ preferredNodeSelectors: [{ weight: 1, preference: zone('Is', []) }] }),
      'L2Advertisement ad: no such operator: Is',
    ],
  ] as readonly (readonly [string, Partial<ClusterSnapshot>, string | undefined])[]) {
    test(`${title} → ${problem ?? 'taken'}`, () =>
      assert.equal(configurationProblem(cluster(parts)), problem))
  }
})
