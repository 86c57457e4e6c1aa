import { event } from './watch.ts'
import type { WatchSink } from './watch.ts'
import { type Asked, type Exchange, sendJson, sendText, statusBody } from './respond.ts'

/** Something that goes wrong with some requests. */
export interface Fault {
  /** Which requests it befalls; all where nothing is said. */
  readonly on?: { readonly path?: RegExp; readonly watch?: boolean }
  /** How many of them; 1 where nothing is said. */
  readonly times?: number
  readonly does: Deed
}

export type Deed =
  /** Answers this instead; a number alone is a Status. */
  | { readonly status: number; readonly body?: string; readonly type?: string; readonly retryAfter?: number }
  /** Accepts, and never answers. */
  | 'no-headers'
  /** HTTP/2's request to go elsewhere; answered as usual otherwise. */
  | 'goaway'
  /** The first half of the answer, then the end as if that were all. */
  | 'half-answer'
  /** What becomes of a watch's lines. */
  | { readonly lines: LineFault }

export type LineFault =
  /** Headers, then nothing, whatever happens. */
  | 'silence'
  /** The first line, then nothing. */
  | 'one-line'
  | 'end-at-once'
  /** The first event is cut in two; the stream then ends well, or breaks. */
  | 'end-mid-line'
  | 'reset-mid-line'
  /** Many small chunks, also within a character. */
  | 'split'
  /** Several events in one chunk. */
  | 'batch'
  | 'blank-lines'
  | 'unknown-type'
  | 'no-json'
  /** Each event twice, and after each the one before it once more. */
  | 'replay'
  | 'delete-of-unknown'
  /** ERROR with this code, then the end. */
  | { readonly error: number }
  /** The first event is as long as this. */
  | { readonly padTo: number }

/** Faults that wait for their requests. */
export class Faults {
  #waiting: { fault: Fault; left: number }[] = []

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 })
  }

  clear(): void {
    this.#waiting = []
  }

  /** How many requests the faults still wait for. */
  get left(): number {
    return this.#waiting.reduce((sum, { left }) => sum + left, 0)
  }

  take(asked: Asked): Deed | null {
    const found = this.#waiting.find(({ fault, left }) => left > 0 && befalls(fault, asked))
    if (found === undefined) return null
    found.left--
    return found.fault.does
  }
}

function befalls({ on }: Fault, { path, query }: Asked): boolean {
  const isWatch = ['1', 'true'].includes(query.get('watch') ?? '')
  return (on?.path?.test(path) ?? true) && (on?.watch === undefined || on.watch === isWatch)
}

/** Answers in place of the server; false where the request goes its usual way. */
export function answerInstead(deed: Deed | null, exchange: Exchange): boolean {
  if (deed === 'no-headers') return true
  if (deed === null || typeof deed === 'string' || 'lines' in deed) return false
  const { status, body, type, retryAfter } = deed
  const message = 'scripted fault'
  if (body !== undefined) sendText(exchange, status, body, type)
  else
    sendJson(
      exchange,
      status,
      statusBody({ code: status, reason: 'Scripted', message }),
      retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
    )
  return true
}

/** The exchange as the fault bends it. */
export function bent(deed: Deed | null, exchange: Exchange): Exchange {
  if (deed === 'goaway') exchange.goAway()
  if (deed !== 'half-answer') return exchange
  return {
    ...exchange,
    head: (status, headers) => exchange.head(status, withoutLength(headers)),
    write: (bytes) => exchange.write(bytes.slice(0, Math.floor(bytes.length / 2))),
  }
}

function withoutLength(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-length'))
}

/** Where a watch writes its lines to. */
export function sinkFor(deed: Deed | null): (exchange: Exchange) => WatchSink {
  const how = deed !== null && typeof deed === 'object' && 'lines' in deed ? deed.lines : null
  return (exchange) => (how === null ? straight(exchange) : faulty(how, exchange))
}

function straight(exchange: Exchange): WatchSink {
  return { line: (text) => exchange.write(text), end: () => exchange.end() }
}

const SMALL = 7

function faulty(how: LineFault, exchange: Exchange): WatchSink {
  const plain = straight(exchange)
  if (typeof how === 'object')
    return 'error' in how ? failing(how.error, exchange) : padding(how.padTo, exchange)
  switch (how) {
    case 'silence':
      return { line: () => {}, end: () => {} }
    case 'one-line':
      return onlyOne(exchange)
    case 'end-at-once':
      exchange.end()
      return { line: () => {}, end: () => {} }
    case 'end-mid-line':
      return cut(exchange, () => exchange.end())
    case 'reset-mid-line':
      return cut(exchange, () => exchange.reset())
    case 'split':
      return { ...plain, line: (text) => pieces(text).forEach((piece) => exchange.write(piece)) }
    case 'batch':
      return batching(exchange)
    case 'blank-lines':
      return { ...plain, line: (text) => exchange.write(`\n${text}\n`) }
    case 'unknown-type':
      return { ...plain, line: (text) => exchange.write(event('NEWS', {}) + text) }
    case 'no-json':
      return { ...plain, line: () => exchange.write('{"type":"ADDED","object":{\n') }
    case 'delete-of-unknown':
      return { ...plain, line: (text) => exchange.write(event('DELETED', UNKNOWN) + text) }
    default:
      return replaying(exchange)
  }
}

const UNKNOWN = { metadata: { name: 'nobody-knows', namespace: 'default', uid: 'x', resourceVersion: '1' } }

function failing(code: number, exchange: Exchange): WatchSink {
  exchange.write(event('ERROR', statusBody({ code, reason: 'Scripted', message: 'scripted fault' })))
  exchange.end()
  return { line: () => {}, end: () => {} }
}

function padding(bytes: number, exchange: Exchange): WatchSink {
  let padded = false
  return {
    end: () => exchange.end(),
    line: (text) => {
      const more = padded ? '' : ' '.repeat(Math.max(0, bytes - text.length))
      padded = true
      exchange.write(text.replace(/\n$/, `${more}\n`))
    },
  }
}

function cut(exchange: Exchange, then: () => void): WatchSink {
  let done = false
  return {
    end: () => exchange.end(),
    line: (text) => {
      if (done) return
      done = true
      exchange.write(text.slice(0, Math.floor(text.length / 2)))
      then()
    },
  }
}

function onlyOne(exchange: Exchange): WatchSink {
  let done = false
  return {
    end: () => {},
    line: (text) => {
      if (!done) exchange.write(text)
      done = true
    },
  }
}

function pieces(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text)
  return Array.from({ length: Math.ceil(bytes.length / SMALL) }, (_, i) =>
    bytes.subarray(i * SMALL, (i + 1) * SMALL),
  )
}

function batching(exchange: Exchange): WatchSink {
  let held = ''
  const flush = (): void => {
    if (held !== '') exchange.write(held)
    held = ''
  }
  return {
    line: (text) => {
      if (held === '') setImmediate(flush)
      held += text
    },
    end: () => {
      flush()
      exchange.end()
    },
  }
}

function replaying(exchange: Exchange): WatchSink {
  let before = ''
  return {
    end: () => exchange.end(),
    line: (text) => {
      exchange.write(text + text + before)
      before = text
    },
  }
}
