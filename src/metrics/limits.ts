/** How much a client may take of us. A scrape needs one connection, a header of some hundred bytes and a second. */
export interface Limits {
  /** Whatever has not sent its header by then is cut off. */
  readonly headersMs: number
  readonly requestMs: number
  /** From the header to the last byte of the answer: a reader that does not read is cut off. */
  readonly answerMs: number
  readonly handshakeMs: number
  /** An open connection between two scrapes. */
  readonly idleMs: number
  readonly headerBytes: number
  readonly connections: number
  /** So that one client cannot take all of them. */
  readonly connectionsPerAddress: number
  /** Requests of one connection: who pipelines would fill our memory with answers that nobody reads. */
  readonly unanswered: number
  /** What closing waits for answers under way; all sockets end within 2 s. */
  readonly closeMs: number
}

export const LIMITS: Limits = {
  headersMs: 5000,
  requestMs: 10_000,
  answerMs: 15_000,
  handshakeMs: 5000,
  idleMs: 35_000,
  headerBytes: 8192,
  connections: 32,
  connectionsPerAddress: 8,
  unanswered: 4,
  closeMs: 1000,
}
