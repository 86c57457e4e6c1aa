import { readFileSync, writeFileSync } from 'node:fs'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import { nicLease } from './api-world.ts'
import { homelab } from './homelab.ts'
import { ipCommand, machine, type Machine } from './netns.ts'
import { addressOf, NUC_MACS, NUCS, VIPS } from './nucs.ts'
import type { RunningDaemon } from './running-daemon.ts'

// A segment to be flooded: this host is nuc-3 on eno1; nuc-4 answers for its VIP, and for the others nobody does.

export const OWNED = VIPS['ingress/traefik'][0]
export const SILENT = VIPS['monitoring/grafana'][0]
export const ASKER = addressOf('nuc-3')
export const SETTINGS = 'node: nuc-3\ninterval: 2s\nconfirmInterval: 1s\nmemberlist: off\n'

export function segment(): Machine {
  ipCommand('link set lo up')
  const [ours, theirs] = [NUC_MACS['nuc-3'], NUC_MACS['nuc-4']]
  ipCommand(`link add eno1 address ${ours} type veth peer name far0 address ${theirs}`)
  ipCommand('link set eno1 up')
  ipCommand(`address add ${ASKER}/24 dev eno1`)
  const owner = machine()
  owner.adopt('far0')
  owner.run('ip', 'link', 'set', 'far0', 'up')
  owner.run('ip', 'address', 'add', `${addressOf('nuc-4')}/24`, 'dev', 'far0')
  owner.run('ip', 'address', 'add', `${OWNED}/32`, 'dev', 'far0')
  return owner
}

/** The NICs of every node are written down: whoever has none of them is no node. */
export function recordedHomelab(): readonly ApiObject[] {
  return [...homelab(), ...NUCS.map(nicLease)]
}

/** Lines of one metric in a scrape, by their labels. */
export function series(scrape: string, name: string): Map<string, number> {
  const lines = scrape.split('\n').filter((line) => line.startsWith(name))
  return new Map(
    lines.map((line) => {
      const [, labels = '', value] = /^\w+(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      return [labels, Number(value)]
    }),
  )
}

export function verdictIn(scrape: string, vip: string): string | undefined {
  const all = [...series(scrape, 'arpcheck_vip_verdict{')]
  const found = all.find(([labels, value]) => value === 1 && labels.startsWith(`vip="${vip}",`))
  return found && /verdict="(\w+)"/.exec(found[0])?.[1]
}

/** Of frames on one interface, since it was opened. */
export function framesIn(scrape: string): { readonly received: number } & Readonly<Record<string, number>> {
  const dropped = [...series(scrape, 'arpcheck_frames_dropped_total{')]
  const received = [...series(scrape, 'arpcheck_frames_total{')].find(([labels]) =>
    labels.includes('direction="received"'),
  )
  const entries = dropped.map(([labels, value]) => [/reason="(\w+)"/.exec(labels)![1]!, value] as const)
  return { received: received?.[1] ?? 0, ...Object.fromEntries(entries) }
}

/** How many looks at a VIP were judged. */
export function probesOf(scrape: string, vip: string): number {
  const all = [...series(scrape, 'arpcheck_vip_probes_total{')]
  return all
    .filter(([labels]) => labels.startsWith(`vip="${vip}",`))
    .reduce((sum, [, value]) => sum + value, 0)
}

/** Upper bounds in seconds, and how often a timer was no later than that. */
export function lagsIn(scrape: string): Map<number, number> {
  const buckets = [...series(scrape, 'arpcheck_event_loop_lag_seconds_bucket{')]
  return new Map(
    buckets.map(([labels, value]) => [
      Number(/le="([^"]+)"/.exec(labels)![1]!.replace('+Inf', 'Infinity')),
      value,
    ]),
  )
}

/** The bound below which so much of what came between two scrapes is. */
export function lagBelow(part: number, before: Map<number, number>, after: Map<number, number>): number {
  const since = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const)
  const all = since.at(-1)![1]
  return since.find(([, count]) => count >= part * all)![0]
}

/** The most memory that a process had since this was asked last, in MB. */
export function peakMb({ child: { pid } }: Pick<RunningDaemon, 'child'>): number {
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  return peak / 1024
}
