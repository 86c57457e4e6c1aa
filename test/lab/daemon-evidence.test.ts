// May take 240 s: labs of others on the same machine come first.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Report } from '../../src/core/report.ts'
import { ownFolder } from '../helpers/folder.ts'
import { writeStory } from '../helpers/stale-views.ts'
import { failures, playStory, skipReason, USERS } from './lab.ts'

// What a daemon asks beside its plan, on real frames: a board and a router that are no nodes, while nobody writes NICs down; a
// speaker without configuration, by its metrics; a node without a cable, by ARP and ICMP echo.

const NODES = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4']
const ASKING = ['--speaker-metrics', '--must-be-free', '192.168.1.70', '--must-be-free', '192.168.1.71']
const is = (vip: number, verdict: string): object => ({
  until: `nuc-3 arpcheck_vip_verdict{vip="192.168.1.${vip}",verdict="${verdict}"} == 1`,
})
const found = (vip: number, code: string): object => ({
  until: `nuc-3 arpcheck_finding_active{vip="192.168.1.${vip}",code="${code}"} == 1`,
})

const STORY = {
  name: 'evidence',
  tells: 'A board answers for .60, a router for .63, nuc-2 has no configuration, nuc-1 no cable.',
  hosts: {
    board: { address: '192.168.1.87', mac: '24:6f:28:5e:10:9c', owns: ['192.168.1.60'] },
    router: {
      address: '192.168.1.2',
      mac: '74:ac:b9:00:00:02',
      proxies: ['192.168.1.70/31', '192.168.1.63/32'],
    },
  },
  cluster: {
    daemons: ['--interval', '3s', '--confirm-interval', '1s', ...ASKING],
    memberlistConfig: 'fast',
    denied: ['nicRecords'],
    nodes: { 'nuc-2': { config: 'none' } },
    services: Object.fromEntries([60, 62, 63, 64].map((one) => [`vip-${one}`, { ip: `192.168.1.${one}` }])),
    views: Object.fromEntries(NODES.map((name) => [name, NODES])),
  },
  steps: [
    is(60, 'foreign'),
    is(64, 'ok'),
    found(62, 'ARP103'),
    found(63, 'ARP402'),
    { until: 'nuc-3 arpcheck_canary_up{kind="must_be_free"} == 0' },
    { fault: 'unplug nuc-1' },
    found(64, 'ARP102'),
    {
      run: `arpcheck --iface eno1 ${ASKING.join(' ')}`,
      expect: {
        exit: 1,
        vips: {
          '192.168.1.60': { verdict: 'foreign', findings: ['ARP401'] },
          '192.168.1.62': { verdict: 'silent', findings: ['ARP103'] },
          '192.168.1.63': { verdict: 'foreign', findings: ['ARP401', 'ARP402'] },
          '192.168.1.64': { verdict: 'silent', findings: ['ARP102'], why: ['to ARP and ICMP echo'] },
        },
      },
    },
  ],
}

const folder = ownFolder()
const [user] = USERS

test(
  'four causes on one segment → the daemon tells each by the finding of a one-shot',
  { skip: skipReason(user) },
  async () => {
    const result = await playStory(user, writeStory(folder, 'evidence', JSON.stringify(STORY)))
    assert.ok(result.passed, failures(result))
    const watched = result.daemons.find(({ host }) => host === 'nuc-3')!.report as Report
    assert.deepEqual(essence(watched), essence(result.runs[0]!.report as Report))
    const why = watched.vips.find(({ vip }) => vip === '192.168.1.64')!.findings[0]!.why.join('\n')
    assert.match(why, /nuc-1 +its own address 192\.168\.1\.11 is silent too, to ARP and ICMP echo/)
  },
)

function essence({ vips, findings }: Report) {
  const codes = (all: Report['findings']): string[] => all.map(({ code }) => code)
  return [vips.map((one) => [one.vip, one.verdict, ...codes(one.findings)]), codes(findings)]
}
