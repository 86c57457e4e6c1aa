import { echoQuestions } from './core/attribution.ts'
import { suspectsOf } from './core/expectation.ts'
import type { Ip } from './core/ip.ts'
import type { VipReport } from './core/report.ts'
import { pastFor } from './core/watch/address-looks.ts'
import { sideUntold } from './daemon-attribution.ts'
import type { Knowledge } from './daemon-cluster.ts'
import type { Port } from './daemon-port.ts'
import type { Verdicts } from './daemon-verdicts.ts'

/** One VIP as it is judged now, and where it is asked for. */
export interface Row {
  readonly vip: Ip
  readonly port: Port
  readonly row: VipReport
}

export function rowsOf(port: Port, verdicts: Verdicts): Row[] {
  return port.vantage.vips.flatMap((vip) => {
    const row = verdicts.get(vip)?.row
    return row ? [{ vip, port, row }] : []
  })
}

/** VIP → when the last look at it began, of those that were over by then. */
export function lastLooks(rows: readonly Row[], beforeMs: number): ReadonlyMap<Ip, number> {
  const looks = rows.flatMap(({ vip, port }) => port.looks.broadcast.get(vip) ?? [])
  return new Map(looks.filter(({ endedMs }) => endedMs! <= beforeMs).map(({ ip, sinceMs }) => [ip, sinceMs]))
}

/** Next in line, for whom it matters whether they live. */
const SUCCESSORS = 2

export interface Suspect {
  readonly ip: Ip
  readonly port: Port
}

/** Addresses of nodes that should answer or are next in line, and did not answer by ARP. */
export function suspectsIn(silent: readonly Row[], knowledge: Knowledge): Suspect[] {
  const found = silent.flatMap(({ vip, port, row }) => {
    const side = sideUntold(knowledge)
    const elected = side.expect(vip, new Set())?.elected
    const next = row.expected.candidates.map(({ node }) => node)
    const names = [...(elected?.kind === 'somebody' ? suspectsOf(elected) : []), ...next]
    const near = [...new Set(names)].slice(0, 1 + SUCCESSORS)
    const bearing = side.cluster.nodes.filter(({ name }) => near.includes(name))
    const ips = new Set(bearing.flatMap(({ internalIps }) => internalIps))
    const asked = echoQuestions(side, pastFor(port.looks, vip))
    return asked.filter((ip) => ips.has(ip)).map((ip) => ({ ip, port }))
  })
  return [...new Map(found.map((one) => [one.ip, one])).values()]
}
