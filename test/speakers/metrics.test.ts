import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseIp } from '../../src/core/ip.ts'
import { sampleOf } from '../../src/speakers/exposition.ts'
import { readMetrics } from '../../src/speakers/metrics.ts'

const ip = (text: string) => parseIp(text)!

suite('a line of the text format → its sample', () => {
  for (const [line, name, labels, value] of [
    ['up 1', 'up', {}, 1],
    ['up{} 1', 'up', {}, 1],
    ['up{a="b"} 0', 'up', { a: 'b' }, 0],
    ['up{a="b",c="d",} 1.5e+06', 'up', { a: 'b', c: 'd' }, 1_500_000],
    ['up { a = "b" , c = "d" } 2 1700000000000', 'up', { a: 'b', c: 'd' }, 2],
    ['up{a="}, c=\\"x"} 1', 'up', { a: '}, c="x' }, 1],
    [String.raw`up{a="\\\"\n\t"} 1`, 'up', { a: '\\"\n\\t' }, 1],
    ['ns:up 1\r', 'ns:up', {}, 1],
    ['up{__proto__="b"} 1', 'up', { ['__proto__']: 'b' }, 1],
    ['up{ a="b", } 1', 'up', { a: 'b' }, 1],
    ['up{ } 1', 'up', {}, 1],
    ['up -3', 'up', {}, -3],
  ] as const) {
    test(JSON.stringify(line), () => {
      const sample = sampleOf(line)!
      assert.deepEqual([sample.name, sample.value], [name, value])
      assert.deepEqual([...sample.labels], Object.entries(labels))
    })
  }
})

suite('a line that is no sample → undefined', () => {
  for (const line of [
    '',
    '# HELP up Whether it is',
    '1up 1',
    'up',
    'up ',
    'up one',
    'up NaN',
    'up +Inf',
    'up 1e999',
    'up 0x10',
    'up 1 2 3',
    'up 1 # {trace_id="x"} 1',
    'up{ 1',
    'up{a="b" 1',
    'up{a="b} 1',
    'up{a=b} 1',
    'up{a="b"c="d"} 1',
    'up{a="b",,} 1',
    'up{,} 1',
    'up{a="1",a="2"} 1',
    'up{"a"="b"} 1',
    'up{a="b\\"} 1',
  ]) {
    test(JSON.stringify(line), () => assert.equal(sampleOf(line), undefined))
  }

  for (const [what, line] of [
    ['a quote that never ends', `up{a="${'\\'.repeat(1_000_001)}`],
    ['a million labels', `up{${'a="",'.repeat(1_000_000)}`],
    ['a million blanks', `up${' '.repeat(1_000_000)}x`],
  ] as const) {
    test(`${what}, in a line of a megabyte`, () => assert.equal(sampleOf(line), undefined))
  }
})

/** As v0.16.1 on nuc-4 says it, shortened. */
const SPEAKER = `# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 71
# HELP metallb_k8s_client_config_loaded_bool 1 if the MetalLB configuration was successfully loaded at least once.
# TYPE metallb_k8s_client_config_loaded_bool gauge
metallb_k8s_client_config_loaded_bool 1
# TYPE metallb_k8s_client_config_stale_bool gauge
metallb_k8s_client_config_stale_bool 0
# TYPE metallb_layer2_gratuitous_sent counter
metallb_layer2_gratuitous_sent{ip="192.168.1.60"} 20
# TYPE metallb_layer2_requests_received counter
metallb_layer2_requests_received{ip="192.168.1.60"} 12
metallb_layer2_requests_received{ip="192.168.1.61"} 3
# TYPE metallb_layer2_responses_sent counter
metallb_layer2_responses_sent{ip="192.168.1.60"} 11
# TYPE metallb_speaker_announced gauge
metallb_speaker_announced{ip="192.168.1.60",node="nuc-4",protocol="layer2",service="ingress/traefik"} 1
metallb_speaker_announced{ip="192.168.1.62",node="nuc-4",protocol="bgp",service="default/gitea"} 1
metallb_speaker_announced{ip="192.168.1.63",node="nuc-4",protocol="layer2",service="default/old"} 0
metallb_speaker_announced{ip="2001:db8::60",node="nuc-4",protocol="layer2",service="ingress/traefik"} 1
`

suite("a speaker's metrics", () => {
  test('→ what it announces, its counters by address, the state of its configuration', () =>
    assert.deepEqual(readMetrics(SPEAKER, 'nuc-4'), {
      announced: [
        { service: 'ingress/traefik', ip: ip('192.168.1.60'), protocol: 'layer2' },
        { service: 'default/gitea', ip: ip('192.168.1.62'), protocol: 'bgp' },
        { service: 'ingress/traefik', ip: ip('2001:db8::60'), protocol: 'layer2' },
      ],
      counters: new Map([
        [ip('192.168.1.60'), { requests: 12, responses: 11 }],
        [ip('192.168.1.61'), { requests: 3, responses: 0 }],
      ]),
      configLoaded: true,
      configStale: false,
    }))

  test('of a speaker that announces nothing, and says nothing of its configuration → empty, null', () =>
    assert.deepEqual(readMetrics('metallb_k8s_client_updates_total 7\n', 'nuc-4'), {
      announced: [],
      counters: new Map(),
      configLoaded: null,
      configStale: null,
    }))

  for (const [loaded, stale] of [
    [0, 1],
    [1, 1],
    [0, 0],
  ] as const) {
    test(`config loaded ${loaded}, stale ${stale} → as it says`, () => {
      const prefix = 'metallb_k8s_client_config_'
      const read = readMetrics(`${prefix}loaded_bool ${loaded}\n${prefix}stale_bool ${stale}`, 'nuc-4')
      assert.ok('configLoaded' in read)
      assert.deepEqual([read.configLoaded, read.configStale], [loaded === 1, stale === 1])
    })
  }

  test('series that it has beside these are not read, whatever is in them', () =>
    assert.ok(
      'announced' in readMetrics(`${SPEAKER}metallb_bgp_session_up{ broken\nother{ broken\n`, 'nuc-4'),
    ))

  for (const [what, line, reason] of [
    ['a cut line', 'metallb_layer2_responses_sent{ip="192.16', /no sample of a metric/],
    ['an address that is none', 'metallb_layer2_responses_sent{ip="192.168.1.060"} 1', /no address/],
    ['a counter below zero', 'metallb_layer2_responses_sent{ip="192.168.1.61"} -1', /no count/],
    ['one address twice', 'metallb_layer2_responses_sent{ip="192.168.1.60"} 1', /192\.168\.1\.60 twice/],
    [
      'a claim without a Service',
      'metallb_speaker_announced{ip="192.168.1.9",protocol="bgp"} 1',
      /no Service/,
    ],
    [
      'the claim of another node, so that the address leads elsewhere',
      'metallb_speaker_announced{ip="192.168.1.9",node="nuc-2",protocol="layer2",service="a/b"} 1',
      /speaks for the node nuc-2/,
    ],
    [
      'a line of 9 KB',
      `metallb_speaker_announced{ip="192.168.1.9",protocol="bgp",service="${'a'.repeat(9000)}"} 1`,
      /no sample of a metric/,
    ],
    ['a name alone', 'metallb_k8s_client_config_stale_bool', /no sample of a metric/],
  ] as const) {
    test(`${what} → malformed, with the line's number`, () => {
      const read = readMetrics(`${SPEAKER}${line}\n`, 'nuc-4')
      assert.ok('malformed' in read)
      assert.match(read.malformed, reason)
      assert.match(read.malformed, /^line 21: /)
    })
  }

  for (const text of [
    '',
    'node_uname_info{nodename="nuc-4"} 1\n',
    '<html>metallb_</html>',
    '\0'.repeat(1000),
  ]) {
    test(`${JSON.stringify(text.slice(0, 40))} → another program answers there`, () =>
      assert.deepEqual(readMetrics(text, 'nuc-4'), {
        malformed: 'no series of MetalLB: another program answers there',
      }))
  }
})

suite('whatever comes', () => {
  const piece = fc.constantFrom(
    'metallb_speaker_announced',
    '{',
    '}',
    '"',
    '\\',
    'ip=',
    ',',
    ' ',
    '1',
    '\n',
    'é',
    '\0',
  )
  const soup = fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }).map((parts) => parts.join(''))

  test('a sample, or none; metrics, or a reason; never a throw', () =>
    fc.assert(
      fc.property(soup, (text) => {
        sampleOf(text)
        const read = readMetrics(`metallb_x 1\n${text}`, 'nuc-4')
        assert.ok('malformed' in read ? read.malformed.length > 0 : read.announced.length >= 0)
      }),
    ))

  test('any Service name that is written by the rules of the format is read back', () =>
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (service) => {
        const escaped = service.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`))
        const line = `metallb_speaker_announced{service="${escaped}",protocol="layer2",ip="10.0.0.1"} 1`
        const read = readMetrics(line, 'nuc-4')
        assert.ok('announced' in read)
        assert.deepEqual(read.announced, [{ service, ip: ip('10.0.0.1'), protocol: 'layer2' }])
      }),
    ))
})
