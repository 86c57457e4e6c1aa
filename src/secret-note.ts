import type { Readable } from './core/cluster.ts'

const WITHOUT = 'Members are asked for without a key; --memberlist-key-file gives one.'

/** Why the memberlist's Secret gave no key, and what that means. */
export function secretNote(why: Readable, namespace: string): string {
  if (typeof why === 'string')
    return `Namespace ${namespace} has no Secret memberlist or metallb-memberlist. ${WITHOUT}`
  if ('denied' in why) return `Not allowed to ${why.denied} (RBAC). ${WITHOUT}`
  return `Could not read the Secret memberlist: ${why.failed}. ${WITHOUT}`
}
