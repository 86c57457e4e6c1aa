/** The two ends of one request, whatever carries it. */
export interface Exchange {
  head(status: number, headers: Readonly<Record<string, string>>): void
  /** Headers go out with the first of these at the latest. */
  write(bytes: string | Buffer): void
  end(): void
  /** Called once, when the client or the network has gone. */
  onGone(listener: () => void): void
  /** Breaks the connection that carries it, as a crash would. */
  reset(): void
  /** Asks the client to use another connection from now on, where the protocol can say so. */
  goAway(): void
}

/** One request as it came. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /** Counts connections from 1; 0 where none carries it. */
  readonly connection: number
  readonly protocol: 'h2' | 'http/1.1' | 'memory'
  /** Subject of a client certificate that our authority signed. */
  readonly certificate: { readonly commonName: string; readonly organization: readonly string[] } | null
}

/** A `Status` (meta/v1) in the real server's words. */
export interface Failure {
  readonly code: number
  readonly reason?: string
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly metadata?: Readonly<Record<string, unknown>>
}

export function statusBody({ code, reason, message, details, metadata = {} }: Failure): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata,
    status: 'Failure',
    message,
    ...(reason !== undefined && { reason }),
    ...(details !== undefined && { details }),
    code,
  }
}

export function sendJson(
  exchange: Exchange,
  status: number,
  body: object,
  more: Record<string, string> = {},
): void {
  const text = `${JSON.stringify(body)}\n`
  exchange.head(status, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    ...more,
  })
  exchange.write(text)
  exchange.end()
}

export function sendFailure(exchange: Exchange, failure: Failure): void {
  const seconds = failure.details?.['retryAfterSeconds']
  const retry = typeof seconds === 'number' ? { 'retry-after': String(seconds) } : {}
  sendJson(exchange, failure.code, statusBody(failure), retry)
}

export function sendText(
  exchange: Exchange,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  exchange.head(status, { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) })
  exchange.write(text)
  exchange.end()
}

export function badRequest(message: string): Failure {
  return { code: 400, reason: 'BadRequest', message }
}

export function expired(message: string, metadata?: Readonly<Record<string, unknown>>): Failure {
  return { code: 410, reason: 'Expired', message, ...(metadata && { metadata }) }
}
