import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { statusFor } from './review.ts'
import type { MetricsTold } from './told.ts'

/** Serves a speaker's metrics as its release does: by plain HTTP, or by TLS to those whom the API knows. */
export class MetricsServer {
  readonly #text: (told: MetricsTold) => string
  readonly #open = new Set<Socket>()
  #told: MetricsTold | null = null
  #server: Server | null = null

  constructor(text: (told: MetricsTold) => string) {
    this.#text = text
  }

  get port(): number {
    const bound = this.#server?.address()
    return typeof bound === 'object' && bound ? bound.port : 0
  }

  /** From now on it serves these; null: none. */
  async play(told: MetricsTold | null): Promise<void> {
    const before = this.#told
    this.#told = told
    const serves = told !== null && told.conduct !== 'refused'
    if (this.#server && serves && isAlike(before, told)) return
    await this.close()
    if (serves) await this.#listen(told)
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    const closing = this.#server && once(this.#server.close(), 'close')
    this.#server = null
    await closing
  }

  async #listen({ guard, address, port }: MetricsTold): Promise<void> {
    const answer = (asked: IncomingMessage, response: ServerResponse): void =>
      void this.#answer(asked, response)
    const server = guard ? createTlsServer(guard, answer) : createServer(answer)
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket)
      socket.on('close', () => this.#open.delete(socket))
    })
    await once(server.listen(port, address), 'listening')
    this.#server = server
  }

  async #answer({ url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const told = this.#told
    if (!told || told.conduct === 'silent') return
    const status = url === '/metrics' ? await statusOf(told, headers.authorization) : 404
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(status === 200 ? this.#text(told) : 'not for you\n')
  }
}

function statusOf(
  { guard, conduct }: MetricsTold,
  authorization: string | undefined,
): number | Promise<number> {
  if (conduct === 'denied') return 403
  return guard ? statusFor(/^Bearer (.+)$/.exec(authorization ?? '')?.[1], guard.reviews) : 200
}

/** Whether the same port serves both in the same way. */
function isAlike(before: MetricsTold | null, { address, port, guard }: MetricsTold): boolean {
  return before?.address === address && before.port === port && before.guard?.cert === guard?.cert
}
