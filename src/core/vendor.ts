import type { Finding, FindingCode } from './findings.ts'
import { isGroupMac, isLocalMac, parseMac, type Mac } from './mac.ts'
import type { AnswerReport, Report } from './report.ts'

/** Who made a NIC, as far as its MAC tells; null where the registry does not know. */
export type VendorOf = (mac: Mac) => string | null

/** Phones make such MACs at random, and hypervisors for their machines: the MAC does not say which. */
const LOCAL = 'random or locally administered'
const GROUP = 'multicast, which no sender may have'
/** Hex digits of the registries MA-S, MA-M and MA-L: the longest prefix that is known counts. */
const LENGTHS = [9, 7, 6]

/** `list` is only asked for a MAC that a vendor may own: lines of a prefix and a name, in order. */
export function vendorIn(mac: Mac, list: () => string): string | null {
  if (isGroupMac(mac)) return GROUP
  if (isLocalMac(mac)) return LOCAL
  const digits = mac.replaceAll(':', '')
  for (const length of LENGTHS) {
    const name = nameOf(digits.slice(0, length), list())
    if (name !== null) return name
  }
  return null
}

/** Looks a line up by halves; both ends are always the beginning of a line. */
function nameOf(prefix: string, list: string): string | null {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const start = middle === 0 ? 0 : list.lastIndexOf('\n', middle - 1) + 1
    const line = lineAt(start, list)
    const found = line.slice(0, line.indexOf(' '))
    if (found === prefix) return line.slice(prefix.length + 1)
    if (found < prefix) low = start + line.length + 1
    else high = start
  }
  return null
}

function lineAt(start: number, list: string): string {
  const end = list.indexOf('\n', start)
  return list.slice(start, end < 0 ? list.length : end)
}

/** `24:6f:28:aa:00:99 (Espressif)`. */
export function vendorText(mac: Mac, vendor: string | null): string {
  return vendor === null ? mac : `${mac} (${vendor})`
}

/** Findings whose MACs belong to no node: the vendor is what helps to find the machine. */
const NAMED: ReadonlySet<FindingCode> = new Set(['ARP401', 'ARP402', 'ARP403'])
const MACS = /\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/g

/** Whether a report holds a MAC that a vendor should be named for: the list of vendors is large. */
export function hasStrangers({ vips, findings }: Report): boolean {
  return (
    vips.some(({ answered }) => answered.some(isOfNobody)) || findings.some(({ code }) => NAMED.has(code))
  )
}

/** Names the vendor of each answer that belongs to no node, in its row and in the findings about it. */
export function withVendors(report: Report, look: VendorOf): Report {
  const vendorOf = remembering(look)
  return {
    ...report,
    vips: report.vips.map((row) => {
      const strangers = new Set(row.answered.filter(isOfNobody).map(({ mac }) => mac))
      if (strangers.size === 0) return row
      return {
        ...row,
        answered: row.answered.map((answer) =>
          isOfNobody(answer) ? { ...answer, vendor: vendorOf(answer.mac) } : answer,
        ),
        findings: row.findings.map((finding) =>
          named(finding, (mac) => (strangers.has(mac) ? vendorOf(mac) : null)),
        ),
      }
    }),
    findings: report.findings.map((finding) => named(finding, vendorOf)),
  }
}

/** One MAC may answer for thousands of addresses. */
function remembering(look: VendorOf): VendorOf {
  const known = new Map<Mac, string | null>()
  return (mac) => {
    if (!known.has(mac)) known.set(mac, look(mac))
    return known.get(mac) ?? null
  }
}

function isOfNobody({ node, relation }: AnswerReport): boolean {
  return node === null && (relation === 'foreign' || relation === 'other')
}

function named(finding: Finding, vendorOf: VendorOf): Finding {
  if (!NAMED.has(finding.code)) return finding
  const message = finding.message.replace(MACS, (text) => {
    const mac = parseMac(text)!
    return vendorText(mac, vendorOf(mac))
  })
  return { ...finding, message }
}
