/** Why bytes from port 7946 were set aside: a closed set, shown and counted. */
export const MALFORMED_REASONS = [
  'empty', // a wrapper around nothing
  'truncated', // ends within a value although its whole length is known
  'unknown-type',
  'unexpected-type', // a message that is no answer to what was asked
  'bad-msgpack',
  'not-a-map',
  'too-many-fields',
  'too-many-values',
  'wrong-field', // a field that holds another kind of value than it should
  'negative-count',
  'too-many-members',
  'count-beyond-bytes',
  'name-missing',
  'name-too-long',
  'name-not-utf8',
  'bad-address',
  'bad-user-state-length',
  'sealed-length',
  'sealed-version',
  'bad-padding',
  'nested',
  'bad-compression',
  'expands-too-far',
  'bad-checksum',
  'bad-compound',
  'bad-label',
  'too-long',
] as const

export type MalformedReason = (typeof MALFORMED_REASONS)[number]

export interface Malformed {
  readonly kind: 'malformed'
  readonly reason: MalformedReason
}

export function malformed(reason: MalformedReason): Malformed {
  return { kind: 'malformed', reason }
}
