import { Agent, type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http'
import { Agent as TlsAgent, request as requestTls } from 'node:https'
import type { Clock } from '../clock.ts'
import { hostAndPort } from './connect.ts'
import type { Access } from './credentials.ts'
import { Aborted, controller } from './deadline.ts'
import type { Connection, WireRequest, WireResponse } from './wire.ts'

/** One socket a request: for proxies, `kubectl proxy`, and servers without HTTP/2. */
export function openHttp1(access: Access, clock: Clock): Connection {
  const ended = controller()
  const agent = access.proxy ?? agentOf(access)
  const open = new Set<Promise<void>>()
  let [draining, end] = [false, (): void => {}]
  const whenEnded = new Promise<void>((resolve) => (end = resolve))
  function endWhenIdle(): void {
    if (!draining || open.size > 0) return
    agent.destroy()
    end()
  }

  function request(wanted: WireRequest, signal: AbortSignal): Promise<WireResponse> {
    return new Promise((resolve, reject) => {
      if (signal.aborted || ended.signal.aborted) return reject(new Aborted())
      const sent = start(access, agent, wanted)
      const onAbort = (): void => void sent.destroy(new Aborted())
      for (const source of [signal, ended.signal]) source.addEventListener('abort', onAbort, { once: true })
      const gone = closing(sent)
      open.add(gone)
      void gone.then(() => {
        open.delete(gone)
        for (const source of [signal, ended.signal]) source.removeEventListener('abort', onAbort)
        reject(new Error('the connection ended before the answer'))
        endWhenIdle()
      })
      sent.on('error', reject)
      sent.once('response', (message: IncomingMessage) => resolve(responseOf(message, clock)))
      sent.end(wanted.body)
    })
  }

  return {
    get usable() {
      return !draining
    },
    request,
    ended: whenEnded,
    retire: () => {
      draining = true
      endWhenIdle()
    },
    close: async () => {
      draining = true
      ended.abort()
      await Promise.all(open)
      endWhenIdle()
    },
  }
}

function agentOf({ server, tls }: Access): Agent {
  return server.protocol === 'http:'
    ? new Agent({ keepAlive: true })
    : new TlsAgent({ keepAlive: true, ALPNProtocols: ['http/1.1'], ...tls })
}

function start(
  { server, tls }: Access,
  agent: Agent,
  { method, path, headers, body }: WireRequest,
): ClientRequest {
  const [host, port] = hostAndPort(server)
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const options = { host, port, method, path, agent, headers: { ...headers, ...length } }
  return server.protocol === 'http:' ? requestPlain(options) : requestTls({ ...options, ...tls })
}

/** Resolves when the request's socket is back with the agent, or closed. */
function closing(sent: ClientRequest): Promise<void> {
  return new Promise((resolve) => sent.once('close', resolve))
}

function responseOf(message: IncomingMessage, clock: Clock): WireResponse {
  let lastContactMs = clock.monotonicMs()
  message.prependListener('data', () => (lastContactMs = clock.monotonicMs())).pause()
  message.on('error', () => {})
  const headers = Object.entries(message.headers).map(([name, value]) => [name, value?.toString()])
  return {
    status: message.statusCode ?? 0,
    headers: Object.fromEntries(headers),
    body: message,
    lastContactMs: () => lastContactMs,
  }
}
