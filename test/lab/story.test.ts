import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ArpcheckError } from '../../src/errors.ts'
import { findStory, storyNames } from '../../src/lab/stories.ts'
import { parseStory } from '../../src/lab/story.ts'

const STORY = `name: one
tells: One sentence.
hosts:
  nuc-4: { owns: [192.168.1.60] }
steps:
  - fault: release nuc-4 192.168.1.60
  - run: arpcheck --iface eno1 192.168.1.60
    expect:
      exit: 1
      vips:
        192.168.1.60: { verdict: silent, answered: [], findings: [ARP101] }
`

for (const name of storyNames()) {
  test(`story ${name} is valid and is called by its file's name`, () =>
    assert.equal(findStory(name).story.name, name))
}

test('a story is read as typed values', () => {
  const { hosts, steps } = parseStory(STORY, 'one.yaml')
  assert.deepEqual(hosts, { 'nuc-4': { owns: ['192.168.1.60'] } })
  assert.deepEqual(steps[0], { fault: { verb: 'release', host: 'nuc-4', address: '192.168.1.60' } })
  assert.deepEqual(steps[1]!.run, ['--iface', 'eno1', '192.168.1.60'])
  assert.equal(steps[1]!.expect!.exit, 1)
})

for (const [from, to, message] of [
  ['hosts:', 'classes: [26]\nhosts:', 'line 3, classes.0: 26 is none of 1 to 25'],
  ['fault: release nuc-4 192.168.1.60', 'fault: delete-pods nuc-4', 'steps.0.fault: write: delete-pods'],
  ['fault: release nuc-4 192.168.1.60', 'fault: delete-pods', 'steps.0.fault: the story has no cluster'],
  ['tells:', 'tels:', 'story: unknown key "tels"; did you mean "tells"?'],
  [
    'verdict:',
    'verdct:',
    'line 11, steps.1.expect.vips.192.168.1.60: unknown key "verdct"; did you mean "verdict"?',
  ],
  ['verdict: silent, ', '', 'steps.1.expect.vips.192.168.1.60.verdict: a verdict is missing'],
  [
    'silent',
    'silnt',
    'line 11, steps.1.expect.vips.192.168.1.60.verdict: "silnt" is no verdict; did you mean "silent"?',
  ],
  ['[ARP101]', '[ARP199]', '"ARP199" is no finding code'],
  ['answered: []', 'answered: [nuc-5]', 'there is no host "nuc-5"; did you mean "nuc-1"?'],
  ['release nuc-4', 'releas nuc-4', 'line 6, steps.0.fault: "releas" is no fault; did you mean "release"?'],
  ['release nuc-4', 'release nuc-9', 'line 6, steps.0.fault: there is no host "nuc-9"'],
  ['release nuc-4 192.168.1.60', 'release nuc-4', 'line 6, steps.0.fault: write: release HOST ADDRESS'],
  ['release nuc-4 192.168.1.60', 'unplug nuc-4 192.168.1.60', 'line 6, steps.0.fault: write: unplug HOST'],
  ['run: arpcheck', 'run: sh -c', 'line 7, steps.1.run: a run starts with the word arpcheck'],
  ['- run: arpcheck', '- note: x', 'only a run has "on", "expect" and "while"'],
  ['release nuc-4', 'announce nuc-4', 'line 6, steps.0.fault: nuc-4 has no speaker'],
  [
    'nuc-4: { owns: [192.168.1.60] }',
    'nuc-4: { speaker: { mutd: true } }',
    'unknown key "mutd"; did you mean "muted"?',
  ],
  ['nuc-4: {', 'nuc-4: { nics: { eth1: {} },', 'further NICs are called eno2 to eno9'],
  ['- fault: release nuc-4 192.168.1.60', '- until: who-has 192.168.1.60', 'write: NUMBER who-has ADDRESS'],
  ['expect:', 'while: [{ run: arpcheck, while: [] }]\n    expect:', 'unknown key "while"'],
  ['nuc-4: {', 'printer: {', 'line 4, hosts.printer: a host of your own needs an address'],
  ['nuc-4: {', 'Nuc_4: {', '"Nuc_4" is not a host name'],
  [
    'owns: [192.168.1.60]',
    'owns: [192.168.1.600]',
    'line 4, hosts.nuc-4.owns.0: "192.168.1.600" is not an IPv4 address',
  ],
  ['steps:', 'steps: []\nx:', 'steps: '],
  ['name: one', 'name: [one', 'one.yaml is not a story: '],
] as const) {
  test(`${JSON.stringify(to)} in a story is told as: ${message}`, () => {
    assert.throws(
      () => parseStory(STORY.replace(from, to), 'one.yaml'),
      (error: unknown) =>
        error instanceof ArpcheckError &&
        error.code === 'config' &&
        (assert.ok(error.message.includes(message), error.message), true),
    )
  })
}

const CLUSTER = `name: one
tells: One sentence.
cluster:
  services:
    web: { ip: 192.168.1.60 }
steps:
  - cluster: { services: { web: { endpoints: [nuc-1] } } }
  - fault: delete-pod nuc-4
  - later: 9h
  - run: arpcheck --iface eno1
    expect: { exit: 0, vips: { 192.168.1.60: { verdict: ok, elected: [nuc-4] } } }
`

test('a cluster is told by its Services: the rest is as in a small cluster', () => {
  const { cluster, steps } = parseStory(CLUSTER, 'one.yaml')
  assert.deepEqual(cluster!.services, { web: { ip: ['192.168.1.60'] } })
  assert.deepEqual(
    [cluster!.metallb, cluster!.memberlist, cluster!.api, Object.keys(cluster!.pools)],
    ['v0.16.1', 'sealed', 'up', ['default']],
  )
  assert.equal(steps[2]!.later, 9 * 3_600_000)
})

for (const [from, to, message] of [
  ['web: { ip', 'web: { ipp', 'line 5, cluster.services.web: unknown key "ipp"; did you mean "ip"?'],
  [
    '192.168.1.60 }',
    '192.168.1.600 }',
    'line 5, cluster.services.web.ip.0: "192.168.1.600" is not an IP address',
  ],
  ['web: { ip', 'Web: { ip', '"Web" is no Service: write NAME or NAMESPACE/NAME'],
  ['cluster:\n', 'cluster:\n  metallb: 0.9\n', 'line 4, cluster.metallb: '],
  ['cluster:\n', 'cluster:\n  metallb: latest\n', 'is no release of MetalLB, such as v0.16.1'],
  [
    'cluster:\n',
    'cluster:\n  pools: { a: { addresses: 192.168.1.x } }\n',
    '"192.168.1.x" is no network and no FIRST-LAST',
  ],
  [
    'cluster:\n',
    'cluster:\n  nodes: { nuc-5: {} }\n',
    'line 4, cluster.nodes.nuc-5: there is no host "nuc-5"',
  ],
  [
    'cluster:\n',
    'cluster:\n  views: { nuc-1: [nuc-9] }\n',
    'line 4, cluster.views.nuc-1.0: there is no node "nuc-9"',
  ],
  ['cluster:\n', 'cluster:\n  views: { client: [] }\n', 'cluster.views.client: there is no node "client"'],
  ['cluster:\n', 'cluster:\n  records: { wed: nuc-1 }\n', 'there is no Service "wed"; did you mean "web"?'],
  [
    'cluster:\n',
    'cluster:\n  others: { cilium: { wed: nuc-1 } }\n',
    'there is no Service "wed"; did you mean "web"?',
  ],
  [
    'cluster:\n',
    'cluster:\n  others: { kubeVip: nuc-7 }\n',
    'there is no node "nuc-7"; did you mean "nuc-1"?',
  ],
  ['cluster:\n', 'cluster:\n  nics: [nuc-7]\n', 'there is no node "nuc-7"; did you mean "nuc-1"?'],
  [
    'cluster:\n',
    'cluster:\n  l2: { a: { pools: [defalt] } }\n',
    'there is no pool "defalt"; did you mean "default"?',
  ],
  ['web: { ip', 'web: { ports: [80/SCTP], ip', '"80/SCTP" is no port: write NUMBER/TCP or NUMBER/UDP'],
  ['cluster:\n', 'cluster:\n  nodes: { nuc-1: { config: old } }\n', '"old" is no state of a configuration'],
  ['cluster:\n', 'cluster:\n  denied: [node]\n', '"node" is no input; did you mean "nodes"?'],
  ['cluster:\n', 'cluster:\n  api: awy\n', '"awy" is no state of the API; did you mean "away"?'],
  [
    'cluster:\n',
    'cluster:\n  nodes: { nuc-1: { podCIDR: 10.42.0.0/40 } }\n',
    '"10.42.0.0/40" is no IPv4 network for pods',
  ],
  [
    'endpoints: [nuc-1]',
    'endpoints: [nuc-7]',
    'line 7, steps.0.cluster.services.web.endpoints.0: there is no node "nuc-7"',
  ],
  [
    'endpoints: [nuc-1]',
    'policy: Near',
    'line 7, steps.0.cluster.services.web.policy: "Near" is no traffic policy',
  ],
  ['delete-pod nuc-4', 'delete-pod gateway', 'line 8, steps.1.fault: gateway has no speaker'],
  ['later: 9h', 'later: 9 days', 'line 9, steps.2.later: write: NUMBER and s, min or h'],
  ['elected: [nuc-4]', 'elected: [nuc-44]', 'there is no host "nuc-44"; did you mean "nuc-4"?'],
  [
    'cluster:\n  services:\n    web: { ip: 192.168.1.60 }\n',
    '',
    'line 4, steps.0.cluster: the story has no cluster',
  ],
  ['steps:\n', 'hosts: { nuc-1: { speaker: { vlan: 7000 } } }\nsteps:\n', 'hosts.nuc-1.speaker.vlan'],
] as const) {
  test(`${JSON.stringify(to)} in a cluster is told as: ${message}`, () => {
    assert.throws(
      () => parseStory(CLUSTER.replace(from, to), 'one.yaml'),
      (error: unknown) =>
        error instanceof ArpcheckError &&
        error.code === 'config' &&
        (assert.ok(error.message.includes(message), error.message), true),
    )
  })
}

test('a speaker that says nothing of what it announces needs a cluster to follow', () => {
  const story = STORY.replace('{ owns: [192.168.1.60] }', '{ speaker: { muted: true } }')
  assert.throws(() => parseStory(story, 'one.yaml'), {
    message: /line 4, hosts\.nuc-4\.speaker: without a cluster it needs "announces"/,
  })
})

test('a name that is no story and no path is a usage error', () => {
  assert.throws(() => findStory('helthy'), { code: 'usage', message: 'There is no story "helthy".' })
})
