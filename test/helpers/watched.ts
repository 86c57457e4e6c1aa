import { ipv4Of, parseIp, type Ip } from '../../src/core/ip.ts'
import { parseMac, type Mac } from '../../src/core/mac.ts'
import type { AnswerReport, VipReport } from '../../src/core/report.ts'
import { isFault, type VerdictName } from '../../src/core/verdict.ts'
import type { InterfaceState, VipState, WatchState } from '../../src/core/watch/state.ts'

// What a daemon knows, made by hand: nuc-3 watches VIPs on eno1.

export const AT = 1_795_000_000_000

export function address(text: string): Ip {
  return parseIp(text)!
}

export function macNumber(number: number): Mac {
  return parseMac(`02:00:00:00:${hex(number >> 8)}:${hex(number & 255)}`)!
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

export function answer(mac: Mac, node: string | null, relation: AnswerReport['relation']): AnswerReport {
  return { mac, node, relation, rttMs: 0.31, replies: 1, vendor: null }
}

export function row(vip: Ip, verdict: VerdictName = 'ok', changed: Partial<VipReport> = {}): VipReport {
  return {
    vip,
    services: ['ingress/traefik'],
    pool: 'default',
    policies: ['Cluster'],
    interface: 'eno1',
    verdict,
    faultVerdict: isFault(verdict),
    reason: null,
    expected: {
      nodes: ['nuc-2'],
      macs: [macNumber(2)],
      source: 'memberlist',
      refusal: null,
      votes: [],
      candidates: [],
      excluded: [],
    },
    truths: { elected: ['nuc-2'], recorded: ['nuc-2'], claimed: [], answered: ['nuc-2'] },
    answered: [answer(macNumber(2), 'nuc-2', 'elected')],
    findings: [],
    ...changed,
  }
}

export function vipState(vip: Ip, changed: Partial<VipState> = {}): VipState {
  return {
    vip,
    services: ['ingress/traefik'],
    pool: 'default',
    row: row(vip),
    testable: true,
    vantages: ['nuc-1', 'nuc-3'],
    intervalMs: 30_000,
    lastAnswerAt: AT,
    silentSinceMs: null,
    ownerChanges: 0,
    probes: { good: 0, bad: 0, excluded: 0 },
    firedFindings: new Map(),
    gratuitous: new Map(),
    replies: new Map(),
    ...changed,
  }
}

export function interfaceState(name: string, changed: Partial<InterfaceState> = {}): InterfaceState {
  return {
    name,
    mac: macNumber(3),
    sent: new Map(),
    results: new Map(),
    received: 0,
    drops: new Map(),
    budgetPerSecond: 10,
    canaries: { mustAnswer: true, mustBeFree: null },
    ...changed,
  }
}

export function watchState(vips: readonly VipState[], changed: Partial<WatchState> = {}): WatchState {
  return {
    startedAt: AT,
    node: 'nuc-3',
    vips: new Map(vips.map((vip) => [vip.vip, vip])),
    nodes: new Map([
      ['nuc-1', { answers: true }],
      ['nuc-4', { answers: false }],
      ['nuc-9', { answers: null }],
    ]),
    interfaces: new Map([['eno1', interfaceState('eno1')]]),
    sources: new Map([
      ['services', { readable: 'yes', lastSuccessAt: AT, errors: new Map() }],
      [
        'nodes',
        { readable: { denied: 'list nodes' }, lastSuccessAt: null, errors: new Map([['denied', 3]]) },
      ],
      ['l2Statuses', { readable: 'absent', lastSuccessAt: AT, errors: new Map() }],
    ]),
    members: new Map([
      ['pods_listed', 4],
      ['pods_ready', 3],
      ['nodes_ready', 3],
      ['read', null],
    ]),
    daemons: { by: 'pods', recorded: 4, alive: 4 },
    membersDisagree: null,
    config: { loadedAt: AT, successful: true },
    ...changed,
  }
}

/** As many VIPs as asked for, all fine, from 10.0.0.0 on. */
export function manyVips(count: number): VipState[] {
  return Array.from({ length: count }, (_, i) => vipState(ipv4Of(0x0a000000 + i)))
}
