import type { IncomingMessage } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import { until } from './until.ts'

/** What was answered, whole. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly headers: IncomingMessage['headers']
  readonly text: string
  /** Undefined where it is no JSON. */
  readonly json: unknown
}

/** A watch, line by line. */
export interface Stream {
  readonly status: number
  readonly lines: readonly { readonly type: string; readonly object: ApiJson }[]
  readonly ended: boolean
  /** Waits for so many lines that are no bookmarks. */
  until(count: number): Promise<void>
  untilEnd(): Promise<void>
  close(): void
}

export interface ApiJson {
  readonly kind?: string
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly continue?: string
    readonly [key: string]: unknown
  }
  readonly items?: readonly ApiJson[]
  readonly [key: string]: unknown
}

/** Asks an API server by Node's own https, so that what is tested here is not the client. */
export interface ApiClient {
  ask(method: string, path: string, body?: unknown, type?: string): Promise<Answer>
  watch(path: string): Promise<Stream>
}

export function apiClient(kubeconfig: string): ApiClient {
  const { clusters, users } = JSON.parse(kubeconfig) as Kubeconfig
  const [cluster, user] = [clusters[0]!.cluster, users[0]!.user]
  const server = new URL(cluster.server)
  const pem = (data: string | undefined): object =>
    data === undefined ? {} : { pem: Buffer.from(data, 'base64') }
  const [ca, cert, key] = [
    cluster['certificate-authority-data'],
    user['client-certificate-data'],
    user['client-key-data'],
  ].map((data) => (pem(data) as { pem?: Buffer }).pem)
  const options: RequestOptions = {
    host: server.hostname,
    port: server.port,
    ca,
    agent: false,
    ...(cert && { cert, key }),
  }
  const own = { 'user-agent': 'contract', ...(user.token && { authorization: `Bearer ${user.token}` }) }

  function send(
    method: string,
    path: string,
    body?: unknown,
    type = 'application/json',
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = { ...own, ...(body !== undefined && { 'content-type': type }) }
      const sent = request({ ...options, method, path, headers }, resolve)
      sent.once('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  return {
    ask: async (method, path, body, type) => {
      const message = await send(method, path, body, type)
      const chunks: Buffer[] = []
      for await (const chunk of message) chunks.push(chunk as Buffer)
      const text = Buffer.concat(chunks).toString()
      return {
        status: message.statusCode ?? 0,
        type: message.headers['content-type'] ?? '',
        headers: message.headers,
        text,
        json: parsed(text),
      }
    },
    watch: async (path) => follow(await send('GET', path)),
  }
}

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: Readonly<Record<string, string>> & { readonly server: string }
  }[]
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function follow(message: IncomingMessage): Stream {
  const lines: Stream['lines'][number][] = []
  const state = { ended: false, rest: '' }
  message.setEncoding('utf8')
  message.on('data', (chunk: string) => {
    const parts = (state.rest + chunk).split('\n')
    state.rest = parts.pop() ?? ''
    lines.push(...parts.filter(Boolean).map((line) => JSON.parse(line) as Stream['lines'][number]))
  })
  message.on('error', () => {})
  message.once('close', () => (state.ended = true))
  const told = (): number => lines.filter(({ type }) => type !== 'BOOKMARK').length
  return {
    status: message.statusCode ?? 0,
    lines,
    get ended() {
      return state.ended
    },
    until: (count) => until(`${count} lines`, () => told() >= count, 15_000),
    untilEnd: () => until('the end of the watch', () => state.ended, 15_000),
    close: () => message.destroy(),
  }
}
