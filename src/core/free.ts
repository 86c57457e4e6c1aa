import type { Finding } from './findings.ts'
import type { Ip } from './ip.ts'
import type { Mac } from './mac.ts'
import type { Answer } from './round.ts'
import { proxyArp, squatter } from './sentences.ts'

/** What answers where nobody may: one address is a squatter, two or more with one MAC are proxy ARP (rule 4). */
export interface FreeEvidence {
  readonly proxies: ReadonlySet<Mac>
  readonly findings: readonly Finding[]
}

export function judgeFree(answers: ReadonlyMap<Ip, readonly Answer[]>): FreeEvidence {
  const held = new Map<Mac, Ip[]>()
  for (const [ip, list] of answers) for (const { mac } of list) held.set(mac, [...(held.get(mac) ?? []), ip])
  const proxies = new Map([...held].filter(([, ips]) => ips.length > 1))
  const squatters = [...answers].flatMap(([ip, list]) =>
    list.filter(({ mac }) => !proxies.has(mac)).map((answer) => squatter(ip, answer)),
  )
  return {
    proxies: new Set(proxies.keys()),
    findings: [...[...proxies].map(([mac, ips]) => proxyArp(mac, ips)), ...squatters],
  }
}
