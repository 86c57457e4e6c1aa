import type { Ip } from '../../core/ip.ts'
import { healthyPeer, type Conduct, type PeerScript } from './script.ts'

/** A speaker's memberlist as the lab tells it to the process on its node: plain data. */
export interface PeerTold {
  readonly name: string
  readonly address: Ip
  /** Whom it takes for alive, itself included. */
  readonly members: readonly { readonly name: string; readonly address: Ip }[]
  readonly conduct: Conduct
  /** Hex; null: it seals nothing. */
  readonly key: string | null
}

export function scriptOf({ name, members, conduct, key }: PeerTold): PeerScript {
  return { ...healthyPeer(name, members), conduct, key: key === null ? null : Buffer.from(key, 'hex') }
}
