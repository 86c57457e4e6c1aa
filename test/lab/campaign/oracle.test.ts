import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { truthsOf } from '../../../src/lab/campaign/oracle.ts'
import { admittedText } from '../../../src/lab/campaign/table.ts'
import { parseStory } from '../../../src/lab/story.ts'

// nuc-4 is elected for .60, then nuc-1, nuc-2, nuc-3 (docs/lab.md: the seed incident); nuc-2 for .62.
const DEAD = `steps: [{ fault: power-off nuc-4 }, { later: 9h }, { run: arpcheck }]`
const STALE = `views: { nuc-1: &all [nuc-1, nuc-2, nuc-3, nuc-4], nuc-2: *all, nuc-3: *all }`
const BOARD = `board: { address: 192.168.1.87, owns: [192.168.1.60] }`

suite('what is right to say of .60', () => {
  for (const [what, cluster, rest, right] of [
    ['nothing happens', '', 'steps: [{ run: arpcheck }]', 'ok no finding'],
    ['its node is dead and dropped', '', DEAD, 'ok no finding'],
    ['its node is dead and counted by all', STALE, DEAD, 'silent ARP102'],
    [
      'its node is dead and counted by nuc-1, who is next',
      'views: { nuc-1: [nuc-1, nuc-2, nuc-4] }',
      DEAD,
      'silent ARP102',
    ],
    [
      'its node is dead and counted by nuc-2, who is not',
      'views: { nuc-2: [nuc-1, nuc-2, nuc-4] }',
      DEAD,
      'ok no finding',
    ],
    ['its node is dead, and no view can be read', 'denied: [memberlistKey]', DEAD, 'ok ARP903'],
    [
      'its node is dead and counted, and no view can be read',
      `${STALE}, denied: [memberlistKey]`,
      DEAD,
      'silent ARP102 or silent ARP101 [unread-cause]',
    ],
    ['memberlist is off and its node dead', 'memberlist: off', DEAD, 'silent ARP102'],
    [
      'memberlist is off in a release that needs it',
      'memberlist: off, metallb: v0.14.9',
      'steps: [{ run: arpcheck }]',
      'idle ARP104',
    ],
    ['its speaker is mute', '', 'steps: [{ fault: mute nuc-4 }, { run: arpcheck }]', 'silent ARP101'],
    [
      'its speaker hears no broadcast',
      '',
      'hosts: { nuc-4: { speaker: { deaf: broadcast } } }\nsteps: [{ run: arpcheck }]',
      'silent ARP107',
    ],
    [
      'its speaker has no configuration',
      'nodes: { nuc-4: { config: none } }',
      'steps: [{ run: arpcheck }]',
      'silent ARP101',
    ],
    [
      'its speaker has no configuration, and all metrics are read',
      'nodes: { nuc-4: { config: none } }',
      'steps: [{ run: arpcheck --speaker-metrics }]',
      'silent ARP103',
    ],
    [
      'its speaker claims it and is not heard',
      '',
      'steps: [{ fault: gag nuc-4 }, { run: arpcheck --speaker-metrics }]',
      'silent ARP101',
    ],
    [
      'its node is on another segment',
      '',
      'hosts: { nuc-4: { address: 192.168.2.14 } }\nsteps: [{ run: arpcheck }]',
      'silent ARP108',
    ],
    [
      'its speaker answers with the MAC of a NIC that is gone',
      '',
      'hosts: { nuc-4: { speaker: { mac: 1c:69:7a:aa:99:0f } } }\nsteps: [{ run: arpcheck }]',
      'foreign ARP401',
    ],
    [
      'its speaker keeps a configuration that is no more',
      'nodes: { nuc-1: { labels: { rack: near } } }',
      'steps: [{ cluster: { l2: { default: { nodes: { rack: near } } }, nodes: { nuc-4: { config: stale } } } }, { later: 9h }, { run: arpcheck }]',
      'duplicate ARP201 or duplicate ARP304 [no-candidate]',
    ],
    [
      'its speaker is asked for its view in vain',
      'nodes: { nuc-4: { memberlist: silent } }',
      'steps: [{ run: arpcheck }]',
      'ok ARP903',
    ],
    [
      'the views differ in pairs',
      'views: { nuc-1: [nuc-1, nuc-2], nuc-2: [nuc-1, nuc-2], nuc-3: [nuc-3, nuc-4], nuc-4: [nuc-3, nuc-4] }',
      'steps: [{ run: arpcheck }]',
      'duplicate ARP301',
    ],
    [
      'nuc-1 has another key',
      'nodes: { nuc-1: { memberlist: wrong-key } }',
      'steps: [{ run: arpcheck }]',
      'duplicate ARP301 or duplicate ARP201 [unread-winner]',
    ],
    [
      'nuc-2 announces it too',
      '',
      'steps: [{ fault: announce nuc-2 192.168.1.60 }, { run: arpcheck }]',
      'duplicate ARP201',
    ],
    [
      'nuc-2 announces it alone',
      '',
      'steps: [{ fault: mute nuc-4 }, { fault: announce nuc-2 192.168.1.60 }, { run: arpcheck }]',
      'mismatch ARP201',
    ],
    [
      "nuc-2's kernel answers too",
      '',
      'steps: [{ fault: claim nuc-2 192.168.1.60 }, { run: arpcheck }]',
      'duplicate ARP304',
    ],
    [
      "nuc-2's kernel answers alone",
      '',
      'steps: [{ fault: mute nuc-4 }, { fault: claim nuc-2 192.168.1.60 }, { run: arpcheck }]',
      'mismatch ARP304',
    ],
    [
      "nuc-4's own kernel answers",
      '',
      'steps: [{ fault: mute nuc-4 }, { fault: claim nuc-4 192.168.1.60 }, { run: arpcheck }]',
      'ok ARP304',
    ],
    [
      'a board answers beside its node',
      '',
      `hosts: { ${BOARD} }\nsteps: [{ run: arpcheck }]`,
      'foreign ARP401',
    ],
    [
      'a board answers, and nuc-3 hides its NICs',
      '',
      `hosts: { ${BOARD}, nuc-3: { arpIgnore: 1 } }\nsteps: [{ run: arpcheck }]`,
      'unknown: answerer-unattributed ARP903',
    ],
    [
      'its node has two NICs',
      '',
      'hosts: { nuc-4: { nics: { eno2: {} } } }\nsteps: [{ run: arpcheck }]',
      'ok ARP302',
    ],
    [
      'the advertisement names a NIC that no node has',
      'l2: { all: { interfaces: [eno2] } }',
      'steps: [{ run: arpcheck }]',
      'silent ARP101',
    ],
    ['a record names nuc-1', 'records: { traefik: nuc-1 }', 'steps: [{ run: arpcheck }]', 'ok ARP202'],
    [
      'a record names nuc-1, in a release that writes none',
      'records: { traefik: nuc-1 }, metallb: v0.13.12',
      'steps: [{ run: arpcheck }]',
      'ok no finding',
    ],
    ['nothing advertises it', 'l2: {}', 'steps: [{ run: arpcheck }]', 'idle ARP104'],
    [
      'nothing advertises it, and nuc-2 answers',
      'l2: {}',
      'steps: [{ fault: announce nuc-2 192.168.1.60 }, { run: arpcheck }]',
      'unexpected ARP201 or unexpected ARP304 [no-candidate]',
    ],
    ['arpcheck runs on its node', '', 'steps: [{ run: arpcheck, on: nuc-4 }]', 'self ARP901'],
    [
      'arpcheck is alone on its segment',
      '',
      'steps: [{ fault: isolate client }, { run: arpcheck }]',
      'unknown: deaf-vantage ARP904 or unknown: deaf-vantage no finding [said-once]',
    ],
    [
      'its node dies, and arpcheck does not wait',
      '',
      'steps: [{ fault: power-off nuc-4 }, { run: arpcheck --no-settle }]',
      'ok no finding or silent ARP102 [in-the-middle] or settling ARP902 [in-the-middle]',
    ],
    [
      'its node dies, counted by all, and arpcheck does not wait',
      STALE,
      'steps: [{ fault: power-off nuc-4 }, { run: arpcheck --no-settle }]',
      'silent ARP102 or settling ARP902 [in-the-middle]',
    ],
  ] as const) {
    test(`${what} → ${right}`, () => {
      const text = `name: one\ntells: One.\ncluster: { services: { traefik: { ip: 192.168.1.60 } }${cluster && `, ${cluster}`} }\n${rest}\n`
      const [truth] = truthsOf(parseStory(text, 'one.yaml'))
      assert.equal(truth?.admits.map(admittedText).join(' or '), right)
    })
  }
})

test('externalTrafficPolicy Local with its last endpoint on the dead node → idle, whoever is counted', () => {
  const service = 'traefik: { ip: 192.168.1.60, policy: Local, endpoints: [nuc-4] }'
  const text = `name: one\ntells: One.\ncluster: { services: { ${service} }, ${STALE} }\n${DEAD}\n`
  assert.deepEqual(truthsOf(parseStory(text, 'one.yaml'))[0]!.admits, [
    { verdict: 'idle', finding: 'ARP104' },
  ])
})

test('asked at once: an address whose only endpoint died with another node may be answered still, or not any more', () => {
  const service = 'traefik: { ip: 192.168.1.60, endpoints: [nuc-2] }'
  const text = `name: one\ntells: One.\ncluster: { services: { ${service} } }\nsteps: [{ fault: power-off nuc-2 }, { run: arpcheck }]\n`
  const [truth] = truthsOf(parseStory(text, 'one.yaml'))
  assert.equal(
    truth?.admits.map(admittedText).join(' or '),
    'idle ARP104 or ok no finding [noticed-meanwhile] or idle ARP902 [settled] or ok ARP902 [settled]',
  )
})
