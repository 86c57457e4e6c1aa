import type { CheckOptions } from '../check.ts'
import type { Target } from '../core/targets.ts'
import { quoted } from '../core/text.ts'
import { ArpcheckError } from '../errors.ts'
import { openLiveCluster, type LiveCluster } from '../live-cluster.ts'
import type { Settings } from './flags.ts'
import type { World } from './streams.ts'
import { tellNote } from './tell.ts'

/** The cluster to judge by; null where addresses are judged by what was given with them. */
export interface FoundCluster {
  readonly cluster: LiveCluster | null
  readonly notes: readonly string[]
}

const NONE: FoundCluster = { cluster: null, notes: [] }

/**
 * Opens the cluster of the kubeconfig that kubectl would use. Throws an ArpcheckError where there is none and it is
 * needed: no address was given, or a node's name as an owner.
 */
export async function findCluster(
  { targets }: CheckOptions,
  settings: Settings,
  world: World,
): Promise<FoundCluster> {
  const named = targets.find(({ node }) => node !== undefined)
  if (settings['no-kube'] || settings.replay !== null) {
    if (named) throw needsCluster(named, settings)
    return NONE
  }
  try {
    return { cluster: await openCluster(settings, world), notes: [] }
  } catch (error) {
    if (!(error instanceof ArpcheckError) || error.code !== 'no-kubeconfig') throw error
    if (targets.length === 0 || named || settings.memberlist === 'require') throw error
    return { cluster: null, notes: ['No kubeconfig found: the addresses are checked without a cluster.'] }
  }
}

/** Opens the cluster that the flags name; throws an ArpcheckError where there are no credentials. */
export function openCluster(settings: Settings, world: World): Promise<LiveCluster> {
  return openLiveCluster(
    {
      kubeconfig: settings.kubeconfig ?? undefined,
      context: settings.context ?? undefined,
      metallbNamespace: settings['metallb-namespace'] ?? undefined,
      env: world.env,
    },
    {
      keyFile: settings['memberlist-key-file'],
      onNoKey: (note) => settings.quiet < 2 && tellNote(note, world),
      onNoToken: (note) => settings.quiet < 2 && tellNote(note, world),
    },
  )
}

function needsCluster({ vip, node }: Target, settings: Settings): ArpcheckError {
  const flag = settings.replay === null ? '--no-kube' : '--replay'
  return new ArpcheckError(
    'usage',
    `${quoted(`${vip}=${node}`)} names a node, and ${flag} asks no cluster.`,
    {
      remedy: [`Give the owner's MAC instead:  ${vip}=1c:69:7a:aa:04:10`],
    },
  )
}
