import { ipv4Number, ipv4Of, type Ip } from './ip.ts'
import { isGroupMac, parseMac, ZERO_MAC, type Mac } from './mac.ts'
import { readSpan, refuse, type Span, type TargetProblem } from './span.ts'
import { quoted } from './text.ts'

export type { TargetProblem } from './span.ts'

/** An address to ask for, and the MACs that may answer; null: whoever answers, as long as it is one. */
export interface Target {
  readonly vip: Ip
  readonly macs: readonly Mac[] | null
  /** Instead of MACs: the node that should answer, by its name in the cluster. */
  readonly node?: string
  /** From the list of the last good run: the cluster may have changed since. */
  readonly remembered?: boolean
}

/** Who was given with an address. */
type Owner = Pick<Target, 'macs' | 'node'>

/** More addresses than this need `--yes`: a typing mistake must not sweep a network. */
export const CONFIRM_ABOVE = 4096
/** More addresses than this are never asked for in one run. */
export const TARGET_LIMIT = 65_536

/** A name that a Node may have (RFC 1123 subdomain); whether there is such a node only the cluster knows. */
const NODE_NAME = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/

/**
 * Reads what was typed, in that order, each address once. `192.168.1.60` beside `192.168.1.60=MAC` is the latter;
 * two different owners for one address contradict each other.
 */
export function readTargets(
  texts: readonly string[],
  { confirmed }: { confirmed: boolean },
): readonly Target[] | TargetProblem {
  const owners = new Map<Ip, Owner>()
  for (const text of texts) {
    const [address, ...ownerTexts] = text.split('=')
    const span = readSpan(address!.trim())
    if ('message' in span) return span
    const owner = ownerTexts.length === 0 ? NOBODY : readOwner(address!, ownerTexts.join('+').split('+'))
    if ('message' in owner) return owner
    const problem = add(owners, span, owner)
    if (problem) return problem
  }
  if (owners.size > CONFIRM_ABOVE && !confirmed) return unconfirmed(owners.size)
  return Array.from(owners, ([vip, owner]) => ({ vip, ...owner }))
}

const NOBODY: Owner = { macs: null }

function readOwner(address: string, texts: readonly string[]): Owner | TargetProblem {
  const [only = '', ...more] = texts.map((text) => text.trim())
  if (more.length === 0 && parseMac(only) === undefined && NODE_NAME.test(only))
    return { macs: null, node: only }
  return readMacs(address, texts)
}

function readMacs(address: string, texts: readonly string[]): Owner | TargetProblem {
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
  return { macs: [...macs].sort() }
}

function notMac(address: string, text: string): TargetProblem {
  const remedy = [
    `Give the owner's MAC:  ${address}=1c:69:7a:aa:04:10`,
    `Or a node's name:      ${address}=nuc-4`,
  ]
  if (text === '') return refuse(`${quoted(`${address}=`)} names no owner.`, remedy)
  if (NODE_NAME.test(text))
    return refuse(`${quoted(text)} is not a MAC, and only MACs can be joined by +.`, remedy)
  return refuse(`${quoted(text)} is neither a MAC nor the name of a node.`, remedy)
}

function add(owners: Map<Ip, Owner>, span: Span, owner: Owner): TargetProblem | undefined {
  if (span.count > TARGET_LIMIT) return tooMany(span.count)
  for (let i = 0; i < span.count; i++) {
    const vip = span.count === 1 ? span.first : ipv4Of(ipv4Number(span.first) + i)
    const known = owners.get(vip) ?? NOBODY
    if (known !== NOBODY && owner !== NOBODY && textOf(known) !== textOf(owner))
      return contradiction(vip, known, owner)
    owners.set(vip, known === NOBODY ? owner : known)
    if (owners.size > TARGET_LIMIT) return tooMany()
  }
  return undefined
}

function contradiction(vip: Ip, first: Owner, second: Owner): TargetProblem {
  const all = [...new Set([...(first.macs ?? []), ...(second.macs ?? [])])].join('+')
  const remedy =
    first.macs && second.macs ? `If one machine has all of these MACs, join them:  ${vip}=${all}` : ''
  return refuse(
    `${vip} is given two different owners: ${textOf(first)} and ${textOf(second)}.`,
    remedy === '' ? [] : [remedy],
  )
}

function textOf({ macs, node }: Owner): string {
  return node ?? (macs ?? []).join('+')
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
