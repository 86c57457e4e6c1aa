import type { MemberlistProfile } from './suspicion.ts'

/** What arpcheck takes from the file: the timing, and whether sealing is enforced. */
export interface MemberlistConfig {
  readonly profile: MemberlistProfile
  /** Without it a speaker serves unsealed requests though it has a key. */
  readonly verifyIncoming: boolean
  /** Without it a speaker answers unsealed though it has a key. */
  readonly verifyOutgoing: boolean
}

/** Why a speaker does not start with this file: a part of a sentence. */
export interface ConfigProblem {
  readonly problem: string
}

/** All of them are required, or the speaker does not start. */
const DURATIONS = [
  'TCPTimeout',
  'PushPullInterval',
  'ProbeTimeout',
  'ProbeInterval',
  'GossipInterval',
  'GossipToTheDeadTime',
  'QueueCheckInterval',
] as const

const UNITS_MS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}
const GO_DURATION = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/
const PARTS = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g

/**
 * Reads `config.json` of the ConfigMap metallb-memberlist-config (MetalLB 0.16.0 and later). A number or flag that is
 * left out is 0 or false there: who forgets the two verify flags switches off the enforcement of encryption.
 */
export function readMemberlistConfig(json: string): MemberlistConfig | ConfigProblem {
  const fields = fieldsOf(json)
  if (!fields) return { problem: 'it is no JSON object' }
  const missing = DURATIONS.filter((name) => goDurationMs(fields.get(name.toLowerCase())) === undefined)
  if (missing.length > 0) return { problem: `no duration in ${missing.join(', ')}` }
  const duration = (name: (typeof DURATIONS)[number]) => goDurationMs(fields.get(name.toLowerCase()))!
  return {
    profile: {
      probeIntervalMs: duration('ProbeInterval'),
      probeTimeoutMs: duration('ProbeTimeout'),
      suspicionMult: numberIn(fields, 'suspicionmult'),
      suspicionMaxTimeoutMult: numberIn(fields, 'suspicionmaxtimeoutmult'),
      gossipToTheDeadMs: duration('GossipToTheDeadTime'),
    },
    verifyIncoming: fields.get('gossipverifyincoming') === true,
    verifyOutgoing: fields.get('gossipverifyoutgoing') === true,
  }
}

/** A Go duration (`1s`, `500ms`, `1m30s`) in milliseconds; undefined for anything else. */
export function goDurationMs(text: unknown): number | undefined {
  if (typeof text !== 'string' || text.length > 64) return undefined
  if (text === '0') return 0
  if (!GO_DURATION.test(text)) return undefined
  const parts = [...text.matchAll(PARTS)].map(([, value, unit]) => Number(value) * UNITS_MS[unit!]!)
  return (text.startsWith('-') ? -1 : 1) * parts.reduce((sum, part) => sum + part, 0)
}

/** Names in lower case: Go's decoder takes them in any. */
function fieldsOf(json: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return new Map(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field]))
  } catch {
    return undefined
  }
}

function numberIn(fields: ReadonlyMap<string, unknown>, name: string): number {
  const value = fields.get(name)
  return typeof value === 'number' && Number.isInteger(value) ? value : 0
}
