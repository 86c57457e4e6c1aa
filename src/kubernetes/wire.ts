import type { Readable } from 'node:stream'

/** One request on a connection that stands. */
export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer whose headers are here and whose body is still to come. */
export interface WireResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Readable
  /** When the connection was last known to be alive, by the clock's monotonic time; a PONG counts. */
  lastContactMs(): number
}

/** A connection to one API server, over which any number of requests go. */
export interface Connection {
  /** False once the server or the network has ended it, or the server asks for a new one. */
  readonly usable: boolean
  /** Resolves with the headers. Aborting ends the request, whichever part of it is under way. */
  request(request: WireRequest, signal: AbortSignal): Promise<WireResponse>
  /** Resolves when nothing is left of it. */
  readonly ended: Promise<unknown>
  /** Takes no more requests; what is under way goes on, and the connection ends after it. */
  retire(): void
  /** Ends all that is under way; resolves when no socket is left. */
  close(): Promise<void>
}

declare const ARPCHECK_VERSION: string

/** What the API server's audit log and `managedFields` call us. */
export const USER_AGENT = `arpcheck/${ARPCHECK_VERSION}`
