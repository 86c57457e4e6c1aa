import type { Readable } from './core/cluster.ts'

const WITHOUT = 'Members are asked for without a key; --memberlist-key-file gives one.'

/** Why the memberlist's Secret gave no key, and what that means. */
export function secretNote(why: Readable, namespace: string): string {
  if (typeof why === 'string')
    return `Namespace ${namespace} has no Secret memberlist or metallb-memberlist. ${WITHOUT}`
  if ('denied' in why) return `Not allowed to ${why.denied} (RBAC). ${WITHOUT}`
  return `Could not read the Secret memberlist: ${why.failed}. ${WITHOUT}`
}

const TOKENLESS = 'Speakers of v0.16.0 and later show their metrics to nobody without a token.'

/** Why there is no token for the speakers' metrics, and what to do. */
export function tokenNote(why: Readable, namespace: string): string {
  if (typeof why === 'string')
    return `Namespace ${namespace} has no ServiceAccount arpcheck-metrics (kubectl apply -f deploy/speaker-metrics.yaml). ${TOKENLESS}`
  if ('denied' in why) return `Not allowed to ${why.denied} (RBAC). ${TOKENLESS}`
  return `No token for the speakers' metrics: ${why.failed}. ${TOKENLESS}`
}
