import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { ArpcheckError } from '../../src/errors.ts'
import { createAuthority, newKeys } from '../../src/lab/api/certificates.ts'
import { WebConfigFile } from '../../src/metrics/web/files.ts'
import { readWebConfig } from '../../src/metrics/web/read.ts'
import { ownFolder } from '../helpers/folder.ts'

// Which web configuration files are good, by our reading and by promtool's. Not covered: what they then do (tls.test.ts,
// auth.test.ts).

const folder = ownFolder()
const authority = createAuthority('of this test', Date.now())
const one = authority.issue({ commonName: 'one', names: ['localhost'] })
const other = createAuthority('another', Date.now(), newKeys()).issue({ commonName: 'other' })
for (const [name, text] of [
  ['tls.crt', one.cert],
  ['tls.key', one.key],
  ['other.key', other.key],
  ['ca.crt', authority.cert],
  ['empty', ''],
] as const)
  writeFileSync(join(folder, name), text)

const PAIR = 'tls_server_config:\n  cert_file: tls.crt\n  key_file: tls.key\n'
const HASH = '$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG'

const GOOD: Readonly<Record<string, string>> = {
  nothing: '',
  'a comment': '# nothing\n',
  'an empty tls_server_config': 'tls_server_config:\n',
  'a pair of files': PAIR,
  'versions of TLS': `${PAIR}  min_version: TLS12\n  max_version: TLS13\n`,
  'cipher suites': `${PAIR}  cipher_suites:\n  - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n  - TLS_AES_128_GCM_SHA256\n`,
  curves: `${PAIR}  curve_preferences: [CurveP256, X25519]\n`,
  'who prefers': `${PAIR}  prefer_server_cipher_suites: false\n`,
  'clients with certificates': `${PAIR}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n`,
  'any certificate': `${PAIR}  client_auth_type: RequireAnyClientCert\n`,
  'the older name of that': `${PAIR}  client_auth_type: RequireClientCert\n`,
  'nobody is asked': `${PAIR}  client_auth_type: NoClientCert\n`,
  'versions without a pair': 'tls_server_config:\n  min_version: TLS13\n',
  'a user': `basic_auth_users:\n  alice: ${HASH}\n`,
  'a quoted user': `basic_auth_users:\n  "al ice": "${HASH}"\n`,
  'no HTTP/2': `${PAIR}http_server_config:\n  http2: false\n`,
  headers: `http_server_config:\n  headers:\n    X-Frame-Options: deny\n    Strict-Transport-Security: max-age=60\n    X-Content-Type-Options: nosniff\n`,
  'users without TLS': `basic_auth_users:\n  bob: ${HASH.replace('2y', '2a')}\n`,
}

const BAD: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
  'an unknown section': [
    'tls_server_conf:\n',
    /:1: There is no key "tls_server_conf"\. Did you mean tls_server_config\?/,
  ],
  'an unknown key': [
    `${PAIR}  cert_fil: x\n`,
    /:4: There is no key "cert_fil" in tls_server_config\. Did you mean cert_file\?/,
  ],
  'an unknown key of HTTP': [
    'http_server_config:\n  http3: true\n',
    /"http3" in http_server_config\. Did you mean http2\?/,
  ],
  'no key': ['tls_server_config:\n  cert_file: tls.crt\n', /:2: tls_server_config needs key_file/],
  'no certificate': ['tls_server_config:\n  key_file: tls.key\n', /:2: tls_server_config needs cert_file/],
  'a CA alone': ['tls_server_config:\n  client_ca_file: ca.crt\n', /needs cert_file/],
  'a type alone': ['tls_server_config:\n  client_auth_type: RequireAnyClientCert\n', /needs cert_file/],
  'a CA for nobody': [`${PAIR}  client_ca_file: ca.crt\n`, /client_ca_file needs client_auth_type/],
  'a missing file': [
    PAIR.replace('tls.crt', 'gone.crt'),
    /Cannot read .*gone\.crt: no such file or directory/,
  ],
  'a key of another': [
    PAIR.replace('tls.key', 'other.key'),
    /TLS files of .* cannot be used: .*key values mismatch/,
  ],
  'an empty certificate': [PAIR.replace('tls.crt', 'empty'), /cannot be used: a file holds no certificate/],
  'an unknown type': [`${PAIR}  client_auth_type: RequireCert\n`, /:4: client_auth_type takes NoClientCert,/],
  'an unknown version': [
    `${PAIR}  min_version: TLS14\n`,
    /:4: min_version takes TLS10, .* not "TLS14"\. Did you mean TLS10\?/,
  ],
  'an unknown cipher': [`${PAIR}  cipher_suites:\n  - RC4\n`, /:5: cipher_suites takes/],
  'an unknown curve': [`${PAIR}  curve_preferences: [CurveP257]\n`, /Did you mean CurveP256\?/],
  'a password in clear': [
    'basic_auth_users:\n  alice: secret\n',
    /:2: The password of "alice" is no bcrypt hash/,
  ],
  'another hash': ['basic_auth_users:\n  alice: $apr1$abc$def\n', /no bcrypt hash/],
  'a header that may not be set': [
    'http_server_config:\n  headers:\n    Server: x\n',
    /:3: There is no key "Server" in headers/,
  ],
  'another value of a header': [
    'http_server_config:\n  headers:\n    X-Frame-Options: allow\n',
    /:3: X-Frame-Options takes deny or sameorigin, not "allow"/,
  ],
  'a doubled key': [`${PAIR}${PAIR}`, /:4: "tls_server_config" is there twice, first in line 1\./],
  'a doubled key in a section': [
    'tls_server_config:\n  cert_file: a\n  key_file: b\n  cert_file: c\n',
    /:4: "cert_file" is there twice, first in line 2/,
  ],
  'no YAML': ['tls_server_config: [\n', /:\d: /],
  'no mapping': ['- a\n- b\n', /no list of/],
  'a section that is a word': ['tls_server_config: yes please\n', /:1: tls_server_config holds/],
}

/** What only we refuse or take, and why promtool 2.42 does not. */
const OURS_ALONE: Readonly<Record<string, readonly [text: string, says: RegExp | null]>> = {
  'a hash that would hold up the probes': [
    `basic_auth_users:\n  a: ${HASH.replace('$10$', '$16$')}\n`,
    /cost 16; more than 14/,
  ],
  'an empty CA': [
    `${PAIR}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: empty\n`,
    /a file holds no certificate/,
  ],
  'an alias': ['x: &x 1\ntls_server_config: *x\n', /Anchors and aliases are not taken/],
  'a certificate in place, of exporter-toolkit 0.11': [
    `tls_server_config:\n  cert: |\n${indented(one.cert)}  key: |\n${indented(one.key)}`,
    null,
  ],
  'names of clients, of exporter-toolkit 0.11': [
    `${PAIR}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n  client_allowed_sans: [prometheus]\n`,
    null,
  ],
}

function indented(text: string): string {
  return text.trim().replaceAll(/^/gm, '    ').concat('\n')
}

const path = join(folder, 'web.yml')

function refusal(text: string): string | null {
  writeFileSync(path, text)
  try {
    assert.ok(new WebConfigFile(path, assert.fail))
    return null
  } catch (error) {
    assert.ok(error instanceof ArpcheckError && error.code === 'config', String(error))
    return error.message
  }
}

function promtool(text: string): boolean | null {
  writeFileSync(path, text)
  const { status, error } = spawnSync('promtool', ['check', 'web-config', path])
  return error ? null : status === 0
}

suite('a good file', () => {
  for (const [what, text] of Object.entries(GOOD))
    test(`${what} → taken`, () => assert.equal(refusal(text), null))
})

suite('a bad file', () => {
  for (const [what, [text, says]] of Object.entries(BAD))
    test(`${what} → ${says.source}`, () => assert.match(refusal(text) ?? 'taken', says))
})

suite('a file on which promtool differs', () => {
  for (const [what, [text, says]] of Object.entries(OURS_ALONE)) {
    test(`${what} → ${says?.source ?? 'taken'}`, () => {
      if (says) assert.match(refusal(text) ?? 'taken', says)
      else assert.equal(refusal(text), null)
    })
  }
})

test('promtool agrees on every good file and every bad one', (t) => {
  if (promtool('') === null)
    return t.skip('needs promtool: apt-get install --no-install-recommends prometheus')
  const cases = [
    ...Object.entries(GOOD),
    ...Object.entries(BAD).map(([what, [text]]) => [what, text] as const),
  ]
  const taken = new Set(cases.filter(([, text]) => promtool(text)).map(([what]) => what))
  assert.deepEqual([...taken], Object.keys(GOOD))
})

test('no message holds a hash', () => {
  const text = `basic_auth_users:\n  a: ${HASH}x\n`
  const read = readWebConfig(text)
  assert.ok('mistakes' in read && !JSON.stringify(read).includes(HASH.slice(8)))
})
