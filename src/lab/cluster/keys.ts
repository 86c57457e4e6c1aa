import { createHash } from 'node:crypto'
import { atLeast, parseVersion } from '../../announcers/metallb/version.ts'
import type { ClusterStory, NodeStory } from './shape.ts'

/** What the Secret `memberlist` holds: MetalLB's controller makes 128 bytes and writes them as base64. */
export const SECRET_KEY = Buffer.alloc(128, 'the speakers of the lab ').toString('base64')
const OTHER_SECRET_KEY = Buffer.alloc(128, 'a Secret of last year ').toString('base64')

/** The key that a speaker makes of its Secret (speaker/main.go), in hex; null: it seals nothing. */
export function keyOf(
  { version, memberlist: fault }: { readonly version: string } & Pick<NodeStory, 'memberlist'>,
  { memberlist }: Pick<ClusterStory, 'memberlist'>,
): string | null {
  if (memberlist === 'open' || fault === 'no-key') return null
  const secret = Buffer.from(fault === 'wrong-key' ? OTHER_SECRET_KEY : SECRET_KEY)
  const release = parseVersion(version)!
  if (atLeast(release, [0, 16, 2])) return createHash('sha256').update(secret).digest('hex')
  return secret.subarray(0, atLeast(release, [0, 14, 0]) ? 32 : 16).toString('hex')
}
