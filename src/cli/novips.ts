import type { ClusterSnapshot, Input } from '../core/cluster.ts'
import { quoted } from '../core/text.ts'
import { ArpcheckError } from '../errors.ts'

const GIVEN = 'Addresses can be checked without a cluster:  arpcheck --no-kube 192.168.1.60'

/**
 * Why a cluster shows no VIP though none may be there to see, as a failure; null where MetalLB was found and has
 * surely given no address to a Service. `typed`: the namespace that was named on the command line.
 */
export function whyNoVips(cluster: ClusterSnapshot, typed: string | null): ArpcheckError | null {
  return (
    servicesUnread(cluster.inputs.services) ??
    notFound(cluster, typed) ??
    emptyNamespace(cluster, typed) ??
    withoutCrds(cluster)
  )
}

function servicesUnread({ readable }: Input): ArpcheckError | null {
  if (typeof readable === 'string') return null
  const why =
    'denied' in readable
      ? `Not allowed to ${readable.denied} (RBAC)`
      : `Cannot read Services: ${readable.failed}`
  return new ArpcheckError('no-vips-known', `${why}, so that nobody knows which addresses are VIPs.`, {
    remedy: ['kubectl auth can-i --list  tells what this user may do', GIVEN],
  })
}

function notFound({ metallbNamespace, inputs }: ClusterSnapshot, typed: string | null): ArpcheckError | null {
  if (metallbNamespace !== null || typed !== null) return null
  const { readable } = inputs.speakerDaemonSets
  const isDenied = typeof readable === 'object' && 'denied' in readable
  const why = isDenied
    ? `Where MetalLB runs is not known: not allowed to ${readable.denied} (RBAC).`
    : 'This cluster runs no MetalLB: no namespace has a DaemonSet or a pod of its speakers.'
  return noMetallb(why, 'If its labels are others than usual:  arpcheck --metallb-namespace NAME')
}

function emptyNamespace(cluster: ClusterSnapshot, typed: string | null): ArpcheckError | null {
  const { speakerDaemonSets, speakerPods, pools } = cluster
  if (typed === null || speakerDaemonSets.length + speakerPods.length + pools.length > 0) return null
  return noMetallb(
    `Namespace ${quoted(typed)} holds no MetalLB that can be read: no speaker, and no pool.`,
    'Without --metallb-namespace it is looked for in all of them.',
  )
}

/** Before v0.13.0 MetalLB had a ConfigMap instead, and a chart may leave the CRDs out. */
function withoutCrds({ metallbNamespace, inputs }: ClusterSnapshot): ArpcheckError | null {
  if (inputs.pools.readable !== 'absent') return null
  return noMetallb(
    `MetalLB runs in namespace ${metallbNamespace ?? '?'}, but the API knows no ipaddresspools.metallb.io: its CRDs are not installed, or it is older than v0.13.0.`,
    'kubectl get crd  lists those that are',
  )
}

function noMetallb(message: string, remedy: string): ArpcheckError {
  return new ArpcheckError('no-metallb', message, { remedy: [remedy, GIVEN] })
}
