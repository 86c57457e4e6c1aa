import type { Clock } from '../clock.ts'
import type { ClusterSnapshot } from '../core/cluster.ts'
import type { Random } from '../core/random.ts'
import type { Api } from './api.ts'
import type { Credentials } from './credentials.ts'
import { deadline } from './deadline.ts'
import type { Found } from './find.ts'
import type { KubeconfigOptions } from './kubeconfig.ts'
import { Reader } from './reader.ts'
import * as resources from './resources.ts'
import * as singles from './single.ts'
import { nowhere, type Readings, snapshotOf } from './snapshot.ts'
import { apiTrouble } from './trouble.ts'

export interface ClusterOptions extends KubeconfigOptions {
  /** Where MetalLB runs; found by the labels of its speakers where it is not given. */
  readonly metallbNamespace?: string | undefined
  /** Where arpcheck's daemons run, whose Leases are NIC records; this pod's namespace, or else all. */
  readonly ownNamespace?: string | undefined
}

export interface ReadOptions extends ClusterOptions {
  /** For everything together, milliseconds. */
  readonly deadlineMs?: number
}

/** Time and chance, as they are handed in. */
export interface Chances {
  readonly clock: Clock
  readonly random: Random
}

export const READ_MS = 5000
const USUAL_HOME = 'arpcheck'

/** Where arpcheck runs, unless it is told another place. */
export function homeOf({ ownNamespace }: Pick<ClusterOptions, 'ownNamespace'>): string {
  return ownNamespace ?? USUAL_HOME
}

/** One snapshot; see `readCluster`. */
export async function readOnce(
  { api, credentials }: { readonly api: Api; readonly credentials: Credentials },
  options: ReadOptions,
  { clock, random }: Chances,
  signal?: AbortSignal,
): Promise<ClusterSnapshot> {
  const limitMs = options.deadlineMs ?? READ_MS
  const limit = deadline(clock, limitMs, signal)
  try {
    const reader = new Reader({ api, clock, random, signal: limit.signal, limitMs })
    const { readings, namespace } = await readAll(reader, options, credentials.podNamespace)
    signal?.throwIfAborted()
    const trouble = reader.trouble()
    const { origin, last: access } = credentials
    if (trouble !== null) throw apiTrouble(trouble, { origin, access, nowMs: api.serverNowMs() })
    return snapshotOf(readings, api.serverNowMs(), namespace)
  } finally {
    limit.clear()
  }
}

/** Reads all inputs at once; those in MetalLB's namespace as soon as that is found. */
async function readAll(
  reader: Reader,
  { metallbNamespace, ownNamespace }: ClusterOptions,
  podNamespace: string | null,
): Promise<{ readonly readings: Readings; readonly namespace: string | null }> {
  const found = metallbNamespace === undefined ? reader.find() : { namespace: metallbNamespace }
  const [lists, events, otherAnnouncers, capabilities, metallb, { namespace }] = await Promise.all([
    reader.listEach(resources.everywhere(ownNamespace ?? podNamespace)),
    reader.list(resources.events),
    reader.list(resources.otherAnnouncers),
    reader.single(singles.capabilities, { crds: null }),
    readMetallb(reader, found),
    found,
  ])
  const beside = { daemonPods: NO_DAEMONS, events, otherAnnouncers, capabilities }
  return { readings: { ...lists, ...metallb, ...beside }, namespace }
}

/** Who shares the work with whom concerns daemons alone. */
const NO_DAEMONS = { value: [], input: { readable: 'absent', ageMs: null } } as const

type InMetallb = Pick<Readings, resources.MetallbList | 'memberlistConfig' | 'excludedInterfaces'>

async function readMetallb(reader: Reader, finding: Found | Promise<Found>): Promise<InMetallb> {
  const found = await finding
  if (found.namespace === null) return nowhere(found.why)
  const [lists, memberlistConfig, excludedInterfaces] = await Promise.all([
    reader.listEach(resources.inMetallb(found.namespace, true)),
    reader.single(singles.memberlistConfig(found.namespace), null),
    reader.single(singles.excludedInterfaces(found.namespace), null),
  ])
  return { ...lists, memberlistConfig, excludedInterfaces }
}
