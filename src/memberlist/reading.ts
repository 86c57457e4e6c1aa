import type { Member, MemberState, Reading } from '../core/views.ts'
import type { NodeState, PushPull, RemoteError } from './messages.ts'
import { malformed } from './malformed.ts'
import type { StreamAnswer, StreamState } from './stream.ts'

/** How a connection to a speaker went, before its bytes are read. */
export type Ending =
  | { readonly how: 'not-connected'; readonly code: string } // the system's code, as ECONNREFUSED
  | { readonly how: 'connect-timeout' }
  | { readonly how: 'complete' } // a whole frame came
  | { readonly how: 'closed' } // by the speaker, in good order or by a reset
  | { readonly how: 'timeout' }
  | { readonly how: 'interrupted' }

export interface Transcript {
  readonly ending: Ending
  /** What the bytes that came amount to. */
  readonly state: StreamState
  /** Whether any byte came. */
  readonly spoke: boolean
}

const NO_ROUTE: ReadonlySet<string> = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EACCES',
])

/** Classifies one exchange; `sealed`: we sent our request sealed. */
export function readingOf({ ending, state, spoke }: Transcript, sealed: boolean): Reading {
  if (ending.how === 'interrupted' || ending.how === 'connect-timeout') return { kind: ending.how }
  if (ending.how === 'not-connected') return notConnected(ending.code)
  if (state.kind === 'answer') return answered(state, sealed)
  if (state.kind === 'malformed') return { kind: 'malformed', text: state.reason }
  if (state.kind !== 'more') return { kind: state.kind === 'sealed' ? 'sealed' : 'wrong-key' }
  if (ending.how === 'timeout') return { kind: spoke ? 'unfinished' : 'silent' }
  return { kind: spoke ? 'cut-short' : 'closed' }
}

function notConnected(code: string): Reading {
  if (code === 'ECONNREFUSED') return { kind: 'refused' }
  if (code === 'ETIMEDOUT') return { kind: 'connect-timeout' }
  return NO_ROUTE.has(code) ? { kind: 'no-route' } : { kind: 'failed', text: code }
}

function answered({ message, layers: { keyIndex } }: StreamAnswer, sealed: boolean): Reading {
  if (message.type === 'error') return remoteError(message)
  if (message.type !== 'push-pull') return { kind: 'malformed', text: malformed('unexpected-type').reason }
  return { kind: 'view', members: membersOf(message), keyIndex, unproven: sealed && keyIndex === null }
}

/** Texts differ in the case of their first letter between releases; they are hints, no proof. */
function remoteError({ text }: RemoteError): Reading {
  const words = text.toLowerCase()
  if (words.includes('encryption is not configured')) return { kind: 'no-key' }
  if (words.includes('remote state is not encrypted')) return { kind: 'wants-key' }
  return { kind: 'remote-error', text }
}

/** A speaker that opens with another key of ours says so, sealed with that one. */
export function keyThatItNames(state: StreamState): number | null {
  if (state.kind !== 'answer' || state.message.type !== 'error') return null
  return state.message.text.toLowerCase().includes('no installed keys') ? state.layers.keyIndex : null
}

const STATES: readonly MemberState[] = ['alive', 'suspect', 'dead', 'left']

/** Members without what MetalLB does not use, so that nothing holds on to the answer's bytes; sorted by name. */
export function membersOf({ nodes }: PushPull): Member[] {
  return nodes.map(memberOf).sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
}

function memberOf({ name, address, port, state, incarnation }: NodeState): Member {
  return { name, address, port, state: STATES[state] ?? 'unknown', incarnation }
}
