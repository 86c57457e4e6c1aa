import type { Vip } from '../../announcers/announcer.ts'
import { metallb } from '../../announcers/metallb/metallb.ts'
import { check } from '../../check.ts'
import type { ClusterSnapshot } from '../../core/cluster.ts'
import type { Ip } from '../../core/ip.ts'
import { nearest } from '../../core/nearest.ts'
import type { Report, VipReport } from '../../core/report.ts'
import { quoted } from '../../core/text.ts'
import { isUsable } from '../../core/views.ts'
import { ArpcheckError } from '../../errors.ts'
import { readOptions, stageOf, waiting } from '../check.ts'
import { readClaimsFor } from '../claims.ts'
import type { Prepared } from '../edges.ts'
import type { Settings } from '../flags.ts'
import { readViewsFor } from '../memberlist.ts'
import { named } from '../named.ts'
import { sentenceOf } from '../screens/trouble.ts'
import { inSession } from '../session.ts'
import type { World } from '../streams.ts'
import { tellNote } from '../tell.ts'
import { unreadNotes } from '../unread.ts'
import { explainVip, type Explained } from './explained.ts'

/** Reads the cluster, asks for the VIP, and lays side by side what is known; null where Ctrl-C came first. */
export async function readExplained(
  word: string,
  settings: Settings,
  world: World,
): Promise<Explained | null> {
  const wanted = readOptions([word], settings)
  const [target, ...more] = wanted.targets
  if (!target || more.length > 0 || target.macs !== null || target.node !== undefined)
    throw new ArpcheckError('usage', `arpcheck explain takes one address, not ${quoted(word)}.`)
  if (settings['no-kube'] || settings.replay !== null)
    throw new ArpcheckError(
      'usage',
      'Only a cluster can tell who should answer, and why: not with --no-kube or --replay.',
    )
  const setting = { settings, world, troubles: [], stage: stageOf(wanted) }
  // without targets a cluster must be there
  return inSession({ ...wanted, targets: [] }, setting, async (prepared, signal) => {
    const cluster = await prepared.cluster!.read(signal)
    const vip = vipOf(target.vip, cluster)
    const without = nodesOf(settings.without, cluster)
    const views = readViewsFor(prepared.cluster!.views, settings.memberlist)
    const claims = readClaimsFor(prepared.cluster!.claims, settings['speaker-metrics'])
    const task = {
      ...prepared,
      edges: { ...prepared.edges, ...views, ...claims, onWait: waiting(setting) },
      options: wanted,
    }
    const report = without.length > 0 ? null : await ask(task, { cluster, world }, signal)
    for (const note of unreadNotes(report?.metallb?.unread ?? [], settings.verbose)) tellNote(note, world)
    return explainVip(vip, cluster, {
      row: report && bestRow(report),
      without,
      members: countedIn(report),
      claims: report?.metallb?.claims ?? [],
    })
  })
}

/** What keeps us from asking here, while the election can be told all the same. */
const UNASKED: ReadonlySet<string> = new Set([
  'no-permission',
  'engine-unavailable',
  'host-unreadable',
  'interface-down',
])

async function ask(
  { options, edges, cluster }: Prepared,
  known: { readonly cluster: ClusterSnapshot; readonly world: World },
  signal: AbortSignal,
): Promise<Report | null> {
  const looks = [known.cluster]
  const readCluster = async (stop: AbortSignal): Promise<ClusterSnapshot> =>
    looks.pop() ?? cluster!.read(stop)
  try {
    return await named(await check(options, { ...edges, readCluster }, signal))
  } catch (error) {
    if (!(error instanceof ArpcheckError) || !UNASKED.has(error.code)) throw error
    tellNote(`${sentenceOf(error)} Who answers is not known.`, known.world)
    return null
  }
}

/** Nodes that any speaker's own view counts. */
function countedIn(report: Report | null): readonly string[] {
  const members = report?.metallb?.views.flatMap((view) => view.members) ?? []
  return [...new Set(members.filter(isUsable).map(({ name }) => name))]
}

/** Of several interfaces, the one that heard somebody. */
function bestRow({ vips }: Report): VipReport | null {
  return vips.find(({ answered }) => answered.length > 0) ?? vips[0] ?? null
}

function vipOf(ip: Ip, cluster: ClusterSnapshot): Vip {
  const { vips, outOfScope } = metallb.vips(cluster)
  const vip = vips.find((one) => one.ip === ip)
  if (vip) return vip
  const other = outOfScope.find((one) => one.ip === ip)
  const why = other
    ? `${other.service} has it, but MetalLB does not announce it (${other.why})`
    : 'no Service has it'
  const known = vips.slice(0, 8).map((one) => one.ip)
  throw new ArpcheckError('usage', `${ip} is no VIP of MetalLB: ${why}.`, {
    remedy: known.length > 0 ? [`VIPs: ${known.join(', ')}${vips.length > known.length ? ', …' : ''}`] : [],
  })
}

function nodesOf(without: readonly string[], { nodes }: ClusterSnapshot): readonly string[] {
  const names = nodes.map(({ name }) => name)
  const stranger = without.find((name) => !names.includes(name))
  if (stranger === undefined) return without
  const meant = nearest(stranger, names)
  throw new ArpcheckError(
    'usage',
    `There is no node ${quoted(stranger)}.${meant ? ` Did you mean ${meant}?` : ''}`,
  )
}
