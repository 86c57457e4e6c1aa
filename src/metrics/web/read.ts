import { anyOf, quoted } from '../../core/text.ts'
import { readYaml, unknownKey, type Entry, type Mistake } from '../../strict-yaml.ts'
import {
  CIPHERS,
  CLIENT_AUTHS,
  CURVES,
  HEADERS,
  TLS_VERSIONS,
  type ClientAuth,
  type Source,
  type TlsConfig,
  type WebConfig,
} from './config.ts'
import { Section } from './sections.ts'

const SECTIONS = ['tls_server_config', 'http_server_config', 'basic_auth_users']
const TLS_KEYS = [
  'cert_file',
  'key_file',
  'cert',
  'key',
  'client_auth_type',
  'client_ca_file',
  'client_ca',
  'client_allowed_sans',
  'min_version',
  'max_version',
  'cipher_suites',
  'prefer_server_cipher_suites',
  'curve_preferences',
]
const YES_NO = { true: true, false: false }
/** bcrypt by the other names that Go's takes; 53 characters are salt and hash. */
const HASH = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/
/** One comparison at 12 takes a third of a second of our only thread. */
const MOST_COST = 14

/** The text of a web configuration file → what it asks for, or every mistake with its line. */
export function readWebConfig(text: string): WebConfig | { readonly mistakes: readonly Mistake[] } {
  const { entries, mistakes: unread } = readYaml(text)
  const mistakes = [...unread]
  for (const entry of entries) if (!SECTIONS.includes(entry.key)) mistakes.push(unknownKey(entry, SECTIONS))
  const section = (name: string, keys: readonly string[] | null): Section =>
    new Section(entryNamed(entries, name), keys, mistakes)
  const http = section('http_server_config', ['http2', 'headers'])
  // Prometheus speaks HTTP/1.1 as well, which is what we speak
  http.word('http2', YES_NO, true)
  const config = {
    tls: tlsOf(section('tls_server_config', TLS_KEYS)),
    headers: headersOf(entryNamed(http.keys(), 'headers'), mistakes),
    users: usersOf(section('basic_auth_users', null)),
  }
  return mistakes.length > 0 ? { mistakes } : config
}

function entryNamed(entries: readonly Entry[], name: string): Entry | undefined {
  return entries.find(({ key }) => key === name)
}

/** Null where nothing of it is set, as exporter-toolkit has it; half a pair is a mistake. */
function tlsOf(section: Section): TlsConfig | null {
  const [cert, key, clientCa] = ['cert', 'key', 'client_ca'].map((name) => sourceOf(section, name))
  const clientAuth = clientAuthOf(section)
  const rest = {
    clientCa: clientCa ?? null,
    clientAuth,
    allowedSans: section.list('client_allowed_sans').map(({ text }) => text),
    minVersion: section.word('min_version', TLS_VERSIONS, 'TLSv1.2'),
    maxVersion: section.word('max_version', TLS_VERSIONS, 'TLSv1.3'),
    ciphers: section.words('cipher_suites', CIPHERS).join(':') || null,
    curves: section.words('curve_preferences', CURVES).join(':') || null,
    preferServerCiphers: section.word('prefer_server_cipher_suites', YES_NO, true),
  }
  if (!cert && !key && !clientCa && !section.has('client_auth_type')) return null
  const here = { line: section.keys()[0]?.line ?? 1 }
  if (!cert) section.wrong(here, 'tls_server_config needs cert_file.')
  if (!key) section.wrong(here, 'tls_server_config needs key_file.')
  if (clientCa && clientAuth === 'NoClientCert')
    section.wrong(here, 'client_ca_file needs client_auth_type: nobody is asked for a certificate.')
  return cert && key ? { cert, key, ...rest } : null
}

function sourceOf(section: Section, name: string): Source | null {
  const [file, text] = [section.text(`${name}_file`), section.text(name)]
  if (file !== '' && text !== '')
    section.wrong({ line: section.lineOf(name) }, `Either ${name} or ${name}_file, not both.`)
  if (file !== '') return { file }
  return text === '' ? null : { text }
}

function clientAuthOf(section: Section): ClientAuth {
  const words = Object.fromEntries(CLIENT_AUTHS.map((one) => [one, one]))
  // the older name of it
  return section.word(
    'client_auth_type',
    { ...words, RequireClientCert: 'RequireAnyClientCert' },
    'NoClientCert',
  )
}

function headersOf(entry: Entry | undefined, mistakes: Mistake[]): Readonly<Record<string, string>> {
  const section = new Section(entry, Object.keys(HEADERS), mistakes)
  const known = section.keys().filter(({ key }) => Object.hasOwn(HEADERS, key))
  for (const one of known) {
    const [value, allowed] = [section.text(one.key), HEADERS[one.key]]
    if (allowed && !allowed.includes(value))
      section.wrong(one, `${one.key} takes ${anyOf(allowed)}, not ${quoted(value)}.`)
    else if (!/^[\t\u0020-\u007E]*$/.test(value)) section.wrong(one, `${one.key} holds what no header may.`)
  }
  return Object.fromEntries(known.map(({ key }) => [key, section.text(key)]))
}

function usersOf(section: Section): ReadonlyMap<string, string> {
  for (const entry of section.keys()) {
    const cost = Number(HASH.exec(section.text(entry.key))?.[1] ?? Number.NaN)
    if (!(cost >= 4))
      section.wrong(
        entry,
        `The password of ${quoted(entry.key)} is no bcrypt hash: htpasswd -nB NAME makes one.`,
      )
    else if (cost > MOST_COST)
      section.wrong(
        entry,
        `The hash of ${quoted(entry.key)} has cost ${cost}; more than ${MOST_COST} would hold up the probes.`,
      )
  }
  return new Map(section.keys().map(({ key }) => [key, section.text(key)]))
}
