import type { IncomingHttpHeaders } from 'node:http'

/** One request, as far as we read any: there is never a body. */
export interface Asked {
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Aborted when the client is gone or its time is over. */
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Route {
  readonly method: 'GET' | 'POST'
  readonly answer: (asked: Asked) => Answer | Promise<Answer>
}

/** Path → what is there. */
export type Routes = ReadonlyMap<string, Route>

export function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n`, headers }
}
