import pino, { type DestinationStream, type Logger } from 'pino'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type Write = (message: string, fields?: Readonly<Record<string, unknown>>) => void

/**
 * A daemon's log: a message is a constant, what varies are fields. What is below the level is null, so that
 * `log.debug?.('frame heard', { … })` does not even make the fields.
 */
export type Log = { readonly [L in LogLevel]: Write | null }

/** Bytes that may wait for a reader that is stuck; what comes then is lost, and counted. */
const MOST_WAITING = 1024 * 1024

export interface LogOptions {
  readonly level: LogLevel
  readonly format: 'json' | 'logfmt'
  /** Lines, each with its end. */
  readonly out: DestinationStream
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** JSON lines: time, level, msg, then the fields. */
export function openLog({ level, format, out }: LogOptions): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    format === 'json' ? out : { write: (line) => out.write(logfmt(line)) },
  )
  const from = LEVELS.indexOf(level)
  const writes = LEVELS.map((one, i) => [one, i < from ? null : writerOf(logger, one)])
  return Object.fromEntries(writes) as Log
}

function writerOf(logger: Logger, level: LogLevel): Write {
  return (message, fields) => logger[level](fields ?? {}, message)
}

export interface LogFile extends DestinationStream {
  /** Lines that were lost because nobody read. */
  lost(): number
  /** Resolves when what waits is written, which may be never: the caller bounds it. */
  close(): Promise<void>
}

/** A file descriptor that is written in the background: whoever reads slowly never holds up the probes. */
export function logFile(fd: number): LogFile {
  const stream = pino.destination({ fd, sync: false, maxLength: MOST_WAITING })
  let lost = 0
  stream.on('drop', () => lost++)
  stream.on('error', () => {}) // nobody is left to tell
  return {
    write: (line) => void stream.write(line),
    lost: () => lost,
    close: () =>
      new Promise((resolve) => {
        stream.once('close', () => resolve())
        stream.end()
      }),
  }
}

/** `{"level":"warn","msg":"a b","vip":"…"}` → `level=warn msg="a b" vip=…`, for a person with a terminal. */
function logfmt(line: string): string {
  const fields = Object.entries(JSON.parse(line) as Record<string, unknown>)
  return `${fields.map(([key, value]) => `${key}=${valueText(value)}`).join(' ')}\n`
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^[\w.:/+-]+$/.test(text) ? text : JSON.stringify(text)
}
