import { columns, hanging, pad } from '../screens/layout.ts'
import { markOf } from '../screens/marks.ts'
import { blank, glyph, show, type Style } from '../screens/style.ts'
import stringWidth from '../width.ts'
import { everyone, ownerText, winnerOf, winnerText } from './truths.ts'
import type { Explained, ExplainedService } from './explained.ts'
import { REFUSED } from '../../core/refusal.ts'

/** Nodes that are shown; -o wide shows all. */
const SHOWN = 12

/** `arpcheck explain VIP`: who should answer and by which rule, what everyone says, and how to look for oneself. */
export function explainScreen(explained: Explained, { wide }: { wide: boolean }, style: Style): string[] {
  const indent = `  ${blank(style)}  `
  const wrapped = (lead: string, text: string): string[] =>
    hanging(indent + lead, show(text, style), style.width - 2)
  const section = (title: string, rows: readonly (readonly [string, string])[]): string[] =>
    rows.length === 0
      ? []
      : ['', ...wrapped('', title), ...rows.flatMap(([name, text]) => wrapped(`  ${name.padEnd(10)}`, text))]
  return [
    '',
    headline(explained, style),
    ...explained.services.flatMap((service) => [
      ...section(titleOf(service, explained), rulesOf(service, explained)),
      ...nodeTable(service, explained, wide, style),
    ]),
    ...section('what everyone says', everyone(explained)),
    ...section('look for yourself', byHand(explained)),
    '',
  ]
}

function headline({ vip, row }: Explained, style: Style): string {
  const left = `${indentOf(style)}${show([vip.ip, ...vip.holders.map(({ key }) => key)].join('  '), style)}`
  if (!row) return left
  const verdict =
    row.verdict === 'ok' ? 'as expected' : [row.verdict, ...(row.reason ? [row.reason] : [])].join(': ')
  const mark = `${glyph(markOf(row), style)} ${verdict}`
  return `${left}  ${pad(mark, style.width - 4 - stringWidth(left), 'right')}`
}

function indentOf(style: Style): string {
  return `  ${blank(style)}  `
}

function titleOf(service: ExplainedService, explained: Explained): string {
  const { without, services } = explained
  const whose = services.length > 1 ? ` (${service.key})` : ''
  if (service.refusal !== null)
    return `who should answer${whose}: nobody, because ${REFUSED[service.refusal]}`
  if (without.length === 0) return `who should answer${whose}: ${ownerText(explained, service)}`
  return `without ${without.join(' and ')}${whose}: ${winnerText(service)}`
}

function rulesOf(service: ExplainedService, { release }: Explained): [string, string][] {
  const { policy, pool, advertisements, hashed, base, nodes } = service
  const rule = nodes.some(({ score }) => score > 0) ? 'highest preference, then smallest' : 'smallest'
  const counted = base === 'members' ? '' : '; memberlist is off, so that every node counts'
  return [
    ['rule', `MetalLB ${release.replaceAll('v', '')}, layer 2: ${rule} sha256(node#${hashed})${counted}`],
    [
      'pool, ad',
      `${pool ?? 'none'}, ${advertisements.length > 0 ? `L2Advertisement ${advertisements.join(', ')}` : 'no L2Advertisement'}`,
    ],
    ['policy', `externalTrafficPolicy ${policy}: ${POLICIES[policy]}`],
  ]
}

const POLICIES = {
  Cluster: 'one endpoint that serves is enough, wherever it is',
  Local: 'only a node with an endpoint that serves may answer',
}

function nodeTable(
  service: ExplainedService,
  { row, without }: Explained,
  wide: boolean,
  style: Style,
): string[] {
  const { nodes } = service
  if (nodes.length === 0) return []
  const shown = wide ? nodes : nodes.slice(0, SHOWN)
  const scored = nodes.some(({ score }) => score > 0)
  const titles = ['NODE', 'HASH', ...(scored ? ['SCORE'] : []), 'READY', 'SPEAKER', 'CANDIDATE']
  const cells = shown.map(({ name, hash, score, ready, speaker, excluded }, i) => [
    name,
    `${hash.slice(0, 8)}…`,
    ...(scored ? [String(score)] : []),
    ready,
    speaker,
    excluded === null ? standing(service, i) : `no: ${excluded}`,
  ])
  const texts = [titles, ...cells].map((line) => line.map((text) => show(text, style)))
  const owners = without.length === 0 && row ? row.expected.nodes : [winnerOf(service) ?? '']
  const arrow = style.ascii ? '->' : '→'
  const lead = (i: number): string =>
    owners.includes(shown[i - 1]?.name ?? '') ? arrow : ' '.repeat(arrow.length)
  return [
    '',
    ...columns(texts, { right: new Set(), width: style.width - 9 }).map(
      (line, i) => `  ${blank(style)}  ${lead(i)} ${line}`,
    ),
    ...(shown.length < nodes.length
      ? [`  ${blank(style)}    ${show(`… ${nodes.length - shown.length} more  (-o wide shows all)`, style)}`]
      : []),
  ]
}

/** Best first: the first candidate wins, the second is next. */
function standing({ nodes }: ExplainedService, at: number): string {
  const before = nodes.slice(0, at).filter(({ excluded }) => excluded === null).length
  return before === 1 ? 'yes, next in line' : 'yes'
}

function byHand(explained: Explained): [string, string][] {
  const { vip, row, without, services } = explained
  const winner = row?.expected.nodes[0] ?? row?.truths.elected[0] ?? (services[0] && winnerOf(services[0]))
  const whatIf =
    winner === undefined || without.length > 0 ? [] : [`arpcheck explain ${vip.ip} --without ${winner}`]
  const findings = row?.findings.map(({ code }) => code) ?? []
  return [
    ...whatIf.map((command) => ['what if', command] as [string, string]),
    ...[...new Set(findings)].map((code) => ['finding', `arpcheck explain ${code}`] as [string, string]),
    ...(row?.interface
      ? [['by hand', `arping -b -c 3 -I ${row.interface} ${vip.ip}`] as [string, string]]
      : []),
  ]
}
