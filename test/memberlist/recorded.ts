import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

// Exchanges with real memberlist peers; test/fixtures/memberlist/README.md tells how they came to be.

const FOLDER = 'test/fixtures/memberlist'

/** One recorded exchange; bytes are hex. */
export interface Recorded {
  readonly name: string
  readonly transport: 'tcp' | 'udp'
  readonly operation: 'push-pull' | 'ping' | 'udp-ping' | 'udp-indirect-ping'
  readonly key: string | null
  readonly peerKey?: string
  readonly label: string
  readonly requestNonce: string | null
  readonly requestEncryptionVersion: 0 | 1 | null
  readonly requestPlain: string
  readonly request: string
  readonly response: string
  readonly responseEnd?: string
  readonly expected: Expected
  readonly expectedWithPeerKey?: Expected
}

export interface Expected {
  readonly kind: string
  readonly layers?: Readonly<Record<string, unknown>>
  readonly join?: boolean
  readonly nodes?: readonly Readonly<Record<string, unknown>>[]
  readonly userState?: string
  readonly seq?: number
  readonly error?: string
  readonly messages?: readonly Readonly<Record<string, unknown>>[]
}

export function recorded(transport: Recorded['transport']): Recorded[] {
  return readdirSync(FOLDER)
    .filter((name) => name.startsWith(`${transport}-`))
    .map((name) => fixture(name) as Recorded)
}

export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))
}

export function bytes(digits: string): Buffer {
  return Buffer.from(digits, 'hex')
}

export function hex(from: Uint8Array): string {
  return Buffer.from(from).toString('hex')
}
