import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { SecureContextOptions } from 'node:tls'
import { ArpcheckError, messageOf, reasonOf } from '../../errors.ts'
import { MOST_BYTES, tellMistakes } from '../../strict-yaml.ts'
import type { Source, WebConfig } from './config.ts'
import { readWebConfig } from './read.ts'
import { secureOptions } from './tls.ts'

export interface WebFiles {
  readonly config: WebConfig
  readonly secure: SecureContextOptions | null
}

/**
 * A web configuration file with the files that it names, read anew when one of them has changed, so that a certificate
 * that was rotated holds from the next handshake on. What cannot be used leaves the last good one in force, and is told once.
 */
export class WebConfigFile {
  readonly #path: string
  readonly #onTrouble: (error: ArpcheckError) => void
  #files: WebFiles
  #stamp: string

  /** Throws where the file cannot be used from the start. */
  constructor(path: string, onTrouble: (error: ArpcheckError) => void) {
    this.#path = path
    this.#onTrouble = onTrouble
    this.#files = load(path)
    this.#stamp = stampOf(path, this.#files.config)
  }

  /** Some microseconds when nothing has changed. */
  current(): WebFiles {
    const stamp = stampOf(this.#path, this.#files.config)
    if (stamp === this.#stamp) return this.#files
    this.#stamp = stamp
    try {
      const files = load(this.#path)
      if ((files.secure === null) !== (this.#files.secure === null)) throw needsRestart(this.#path)
      this.#files = files
      this.#stamp = stampOf(this.#path, files.config)
    } catch (error) {
      if (!(error instanceof ArpcheckError)) throw error
      this.#onTrouble(error)
    }
    return this.#files
  }
}

function load(path: string): WebFiles {
  const config = readWebConfig(textOf(path))
  if ('mistakes' in config) throw refused(...tellMistakes(path, config.mistakes))
  return { config, secure: config.tls && opened(path, config) }
}

function opened(path: string, { tls }: WebConfig): SecureContextOptions | null {
  const read = (source: Source): string =>
    'text' in source ? source.text : textOf(pathOf(path, source.file))
  try {
    return tls && secureOptions(tls, read)
  } catch (error) {
    if (error instanceof ArpcheckError) throw error
    throw refused(`The TLS files of ${path} cannot be used: ${messageOf(error)}.`)
  }
}

function textOf(path: string): string {
  try {
    if (statSync(path).size > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES} bytes`)
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw refused(`Cannot read ${path}: ${reasonOf(error)}.`)
  }
}

/** What changes when a file does, also when a link in its place leads elsewhere, as Kubernetes rotates a Secret. */
function stampOf(path: string, { tls }: WebConfig): string {
  const sources = tls ? [tls.cert, tls.key, tls.clientCa] : []
  const named = sources.flatMap((source) => (source && 'file' in source ? [pathOf(path, source.file)] : []))
  return [path, ...named].map(stampOfFile).join()
}

function stampOfFile(path: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(path)
    return `${ino} ${mtimeMs} ${size}`
  } catch (error) {
    return reasonOf(error) // reading it says so, too
  }
}

/** Relative to the file that names it. */
function pathOf(path: string, file: string): string {
  return resolve(dirname(path), file)
}

function refused(message = '', ...more: readonly string[]): ArpcheckError {
  const check = 'Prometheus checks it as well:  promtool check web-config FILE'
  return new ArpcheckError('config', message, { remedy: [...more, check] })
}

function needsRestart(path: string): ArpcheckError {
  return refused(`${path} turns TLS on or off: that takes a restart; until then nothing of it holds.`)
}
