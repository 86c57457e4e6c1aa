import type { HypothesisName } from '../../core/expectation.ts'
import type { StatusRecord } from '../../core/records.ts'
import { vendorText } from '../../core/vendor.ts'
import { ago, plural, rtt } from '../screens/units.ts'
import type { Explained, ExplainedService } from './explained.ts'
import { HYPOTHESES } from './words.ts'

/** Who should answer, as surely as it is known. */
export function ownerText({ row }: Explained, service: ExplainedService): string {
  if (!row) return winnerText(service)
  const { nodes: owners, source } = row.expected
  if (owners.length > 0) return `${source === 'inferred' ? 'most likely ' : ''}${owners.join(' and ')}`
  const { elected } = row.truths
  return elected.length > 0 ? `${elected.join(' or ')}: it depends on who is a member` : 'not known'
}

/** The winner among the speakers whose pods are listed. */
export function winnerOf({ nodes }: ExplainedService): string | undefined {
  return nodes.find(({ excluded }) => excluded === null)?.name
}

/** A listed pod may be no member: sure is only what does not depend on members. */
export function winnerText(service: ExplainedService): string {
  return `${service.base === 'members' ? 'most likely ' : ''}${winnerOf(service) ?? 'nobody'}`
}

/** The four truths, a line for each that differs. */
export function everyone(explained: Explained): [string, string][] {
  const { row, without } = explained
  if (without.length > 0) return []
  return [
    ...titled(
      'elected',
      electedTexts(explained).map(([node, why]) => `${node}   ${why}`),
    ),
    ...titled('recorded', recordedTexts(explained)),
    ...titled('claimed', claimedTexts(explained)),
    ...titled('answered', row ? answeredTexts(row) : ['not asked']),
  ]
}

/** Each node that is elected, and by whom. */
function electedTexts({ row }: Explained): [string, string][] {
  const by = new Map<string, string[]>()
  for (const vote of row?.expected.votes ?? []) {
    const node = vote.elects ?? 'nobody'
    by.set(node, [...(by.get(node) ?? []), vote.by])
  }
  return Array.from(by, ([node, voters]) => [node, byText([...new Set(voters)], by.size === 1)])
}

function byText(voters: readonly string[], alone: boolean): string {
  if (voters.includes('every-node')) return 'memberlist is off'
  const assumed = voters.filter((voter): voter is HypothesisName => Object.hasOwn(HYPOTHESES, voter))
  if (assumed.length === 0) return `by the view of ${voters.join(', ')}`
  if (alone) return 'inferred: whatever is taken for a member'
  return `inferred, if members are ${assumed.map((name) => HYPOTHESES[name]).join('; or ')}`
}

function recordedTexts({ records, recordsReadable }: Explained): string[] {
  if (!recordsReadable) return ['not known: ServiceL2Status cannot be read, or this MetalLB has none']
  return records.length === 0 ? ['nobody'] : records.map(recordText)
}

function recordText({ node, ageMs, orphaned }: StatusRecord): string {
  const age = ageMs === null ? '' : `, written ${ago(ageMs)}`
  return `${node}   ServiceL2Status${age}${orphaned ? '; its speaker is not Ready' : ''}`
}

function answeredTexts({ answered, interface: name, reason }: NonNullable<Explained['row']>): string[] {
  if (name === null) return ['not asked: no interface here is on its segment']
  if (answered.length === 0) return [`nobody   on ${name}${reason === null ? '' : ` (${reason})`}`]
  return answered.map(
    ({ node, mac, vendor, rttMs, replies }) =>
      `${node ?? 'no node that is known'}   ${vendorText(mac, vendor)} on ${name}, ${plural(replies, 'reply', 'replies')}, ${rtt(rttMs)}`,
  )
}

/** Who says that it announces, and how many could be asked. */
function claimedTexts({ row, claims }: Explained): string[] {
  if (claims.length === 0) return ["not asked: --speaker-metrics reads the speakers' metrics"]
  const read = claims.filter(({ error }) => error === null).length
  const of = `${read} of ${plural(claims.length, 'speaker')} could be asked`
  const claiming = row?.truths.claimed ?? []
  return claiming.length === 0
    ? [`nobody   ${of}`]
    : claiming.map((node) => `${node}   metallb_speaker_announced; ${of}`)
}

function titled(title: string, texts: readonly string[]): [string, string][] {
  return texts.map((text, i) => [i === 0 ? title : '', text])
}
