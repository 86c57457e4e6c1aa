import { metallb } from '../announcers/metallb/metallb.ts'
import { check, type CheckEdges, type CheckOptions } from '../check.ts'
import type { Clock } from '../clock.ts'
import type { ClusterSnapshot } from '../core/cluster.ts'
import type { Report } from '../core/report.ts'
import type { Target } from '../core/targets.ts'
import { ArpcheckError, messageOf } from '../errors.ts'
import type { LiveCluster } from '../live-cluster.ts'
import type { VipCache, VipList } from './cache.ts'
import { readClaimsFor } from './claims.ts'
import { readViewsFor, type Memberlist } from './memberlist.ts'
import { whyNoVips } from './novips.ts'
import { sentenceOf } from './screens/trouble.ts'
import { ago, plural } from './screens/units.ts'

/** A check that a cluster judges. */
export interface ByCluster {
  readonly options: CheckOptions
  readonly edges: CheckEdges
  readonly cluster: LiveCluster
  /** Null with --no-cache. */
  readonly cache: VipCache | null
  readonly namespace: string | null
  readonly memberlist: Memberlist
  /** Whether the speakers' metrics are read as well. */
  readonly speakerMetrics: boolean
  /** Called once it is known how many addresses will be asked for. */
  readonly onRead: (count: number) => void
  readonly tell: (note: string) => void
  /** What only --verbose tells. */
  readonly remark: (note: string) => void
}

/** Checks by what the cluster says; while its API is away, by the list of VIPs that the last good run left. */
export async function checkByCluster(task: ByCluster, signal: AbortSignal): Promise<Report> {
  const { options, cluster } = task
  const edges = { ...task.edges, ...readClaimsFor(cluster.claims, task.speakerMetrics) }
  let saving: Promise<void> | undefined
  async function readCluster(stop: AbortSignal): Promise<ClusterSnapshot> {
    const snapshot = await cluster.read(stop)
    saving ??= taken(snapshot, task)
    return snapshot
  }
  try {
    return await check(
      options,
      { ...edges, readCluster, ...readViewsFor(cluster.views, task.memberlist) },
      signal,
    )
  } catch (error) {
    if (!isAway(error) || signal.aborted || task.memberlist === 'require') throw error
    return await withoutApi(error, task, signal)
  } finally {
    await saving
  }
}

/** The first look at the cluster. Throws an ArpcheckError at once where there is nothing to ask for. */
function taken(snapshot: ClusterSnapshot, task: ByCluster): Promise<void> {
  const { vips } = metallb.vips(snapshot)
  const { targets } = task.options
  if (targets.length === 0 && vips.length === 0) {
    const why = whyNoVips(snapshot, task.namespace)
    if (why) throw why
  }
  task.onRead(targets.length || vips.length)
  const saved = vips.map(({ ip, holders, pool }) => ({
    vip: ip,
    services: holders.map(({ key }) => key),
    pool,
  }))
  return save({ vips: saved, nodes: snapshot.nodes.map(({ name }) => name) }, task)
}

async function save(list: Omit<VipList, 'savedAtMs'>, { cache, edges, remark }: ByCluster): Promise<void> {
  if (cache === null || list.vips.length === 0) return
  try {
    await cache.save({ savedAtMs: nowMs(edges.clock), ...list })
  } catch (error) {
    remark(`The list of VIPs could not be kept: ${messageOf(error)}.`)
  }
}

/** The API server may sit behind a VIP itself, or another machine may have taken its address. */
const AWAY: ReadonlySet<string> = new Set(['api-unreachable', 'api-failed', 'api-tls'])

function isAway(error: unknown): error is ArpcheckError {
  return error instanceof ArpcheckError && AWAY.has(error.code)
}

/** Asks all the same for what was given, or else for what is remembered; whoever answers is fine, if it is one. */
async function withoutApi(away: ArpcheckError, task: ByCluster, signal: AbortSignal): Promise<Report> {
  const { options, edges, cache } = task
  const list = (await cache?.load()) ?? null
  const targets: readonly Target[] =
    options.targets.length > 0
      ? options.targets
      : (list?.vips ?? []).map(({ vip }) => ({ vip, macs: null, remembered: true }))
  if (targets.length === 0 || targets.some(({ node }) => node !== undefined)) throw away
  task.tell(`${sentenceOf(away)} ${insteadText(list, task)}`)
  task.onRead(targets.length)
  return remembered(await check({ ...options, targets }, edges, signal), list)
}

function insteadText(list: VipList | null, { options, edges }: ByCluster): string {
  if (list === null || options.targets.length > 0) return 'Owners are not judged.'
  const age = ago(nowMs(edges.clock) - list.savedAtMs)
  return `Using the list of ${plural(list.vips.length, 'VIP')} saved ${age}; owners are not judged. (--no-cache)`
}

/** The report with what is remembered of each VIP. */
function remembered(report: Report, list: VipList | null): Report {
  const known = new Map(list?.vips.map((saved) => [saved.vip, saved]))
  const vips = report.vips.map((row) => {
    const saved = known.get(row.vip)
    return saved ? { ...row, services: saved.services, pool: saved.pool } : row
  })
  return { ...report, vips }
}

function nowMs(clock: Clock): number {
  return Number(clock.wallNs() / 1_000_000n)
}
