import { ipv4Number, ipv4Of, type Ip } from './ip.ts'
import { isGroupMac, parseMac, ZERO_MAC, type Mac } from './mac.ts'
import { readSpan, refuse, type Span, type TargetProblem } from './span.ts'
import { quoted } from './text.ts'

export type { TargetProblem } from './span.ts'

/** An address to ask for, and the MACs that may answer; null: whoever answers, as long as it is one. */
export interface Target {
  readonly vip: Ip
  readonly macs: readonly Mac[] | null
}

/** More addresses than this need `--yes`: a typing mistake must not sweep a network. */
export const CONFIRM_ABOVE = 4096
/** More addresses than this are never asked for in one run. */
export const TARGET_LIMIT = 65_536

/**
 * Reads what was typed, in that order, each address once. `192.168.1.60` beside `192.168.1.60=MAC` is the latter;
 * two different sets of MACs for one address contradict each other.
 */
export function readTargets(
  texts: readonly string[],
  { confirmed }: { confirmed: boolean },
): readonly Target[] | TargetProblem {
  const owners = new Map<Ip, readonly Mac[] | null>()
  for (const text of texts) {
    const [address, ...macTexts] = text.split('=')
    const span = readSpan(address!.trim())
    if ('message' in span) return span
    const macs = macTexts.length === 0 ? null : readMacs(address!, macTexts.join('+').split('+'))
    if (macs && 'message' in macs) return macs
    const problem = add(owners, span, macs)
    if (problem) return problem
  }
  if (owners.size > CONFIRM_ABOVE && !confirmed) return unconfirmed(owners.size)
  return Array.from(owners, ([vip, macs]) => ({ vip, macs }))
}

function readMacs(address: string, texts: readonly string[]): readonly Mac[] | TargetProblem {
  const macs = new Set<Mac>()
  for (const text of texts) {
    const mac = parseMac(text.trim())
    if (!mac) return notMac(address, text)
    if (mac === ZERO_MAC || isGroupMac(mac)) {
      return refuse(
        `${quoted(text)} is no machine's MAC: it is ${mac === ZERO_MAC ? 'zero' : 'a group address'}.`,
      )
    }
    macs.add(mac)
  }
  return [...macs].sort()
}

function notMac(address: string, text: string): TargetProblem {
  const remedy = [`Give the owner's MAC:  ${address}=1c:69:7a:aa:04:10`, 'The owner shows it:    ip link']
  if (text === '') return refuse(`${quoted(`${address}=`)} names no owner.`, remedy)
  return refuse(`${quoted(text)} is not a MAC; owners by node or host name cannot be checked yet.`, remedy)
}

function add(
  owners: Map<Ip, readonly Mac[] | null>,
  span: Span,
  macs: readonly Mac[] | null,
): TargetProblem | undefined {
  if (span.count > TARGET_LIMIT) return tooMany(span.count)
  for (let i = 0; i < span.count; i++) {
    const vip = span.count === 1 ? span.first : ipv4Of(ipv4Number(span.first) + i)
    const known = owners.get(vip)
    if (known && macs && known.join() !== macs.join()) return contradiction(vip, known, macs)
    owners.set(vip, known ?? macs)
    if (owners.size > TARGET_LIMIT) return tooMany()
  }
  return undefined
}

function contradiction(vip: Ip, first: readonly Mac[], second: readonly Mac[]): TargetProblem {
  const all = [...new Set([...first, ...second])].join('+')
  return refuse(`${vip} is given two different owners: ${first.join('+')} and ${second.join('+')}.`, [
    `If one machine has all of these MACs, join them:  ${vip}=${all}`,
  ])
}

function tooMany(count?: number): TargetProblem {
  const size = count === undefined ? 'These are more' : `That is ${count} addresses, more`
  return refuse(`${size} than the ${TARGET_LIMIT} that one run asks for at most.`, [
    'Ask for the pool, not for the whole network.',
  ])
}

function unconfirmed(count: number): TargetProblem {
  return refuse(`That is ${count} addresses, and every machine on the segment hears each question.`, [
    'If that is what you want, add --yes (and perhaps a higher --rate).',
  ])
}
