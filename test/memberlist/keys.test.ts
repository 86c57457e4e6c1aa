import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { ArpcheckError } from '../../src/errors.ts'
import { keysFromFile, keysFromSecret, MemberlistKeys } from '../../src/memberlist/keys.ts'
import { bytes, fixture, hex } from './recorded.ts'

const folder = mkdtempSync(join(tmpdir(), 'arpcheck-key-'))
after(() => rmSync(folder, { recursive: true }))

interface KeyCase {
  readonly secretHex: string
  readonly secretUtf8: string
  readonly key32: string
  readonly key16: string
}

const { cases } = fixture('metallb-keys.json') as { readonly cases: readonly KeyCase[] }

for (const { secretHex, secretUtf8, key32, key16 } of cases) {
  const hashed = createHash('sha256').update(bytes(secretHex)).digest('hex')
  test(`the secret ${JSON.stringify(secretUtf8)} → the keys of MetalLB 0.14, of 0.13 and of 0.16.2, in this order`, () =>
    assert.deepEqual(shown(keysFromSecret(bytes(secretHex))), [key32, key16, hashed]))
  test(`the secret ${JSON.stringify(secretUtf8)} of a MetalLB from 0.16.2 on → its own digest first`, () =>
    assert.deepEqual(shown(keysFromSecret(bytes(secretHex), 'hashed')), [hashed, key32, key16]))
}

test('an empty secret → no keys: the speakers seal nothing', () =>
  assert.equal(keysFromSecret(Buffer.alloc(0)).count, 0))

test('the bytes that were handed in are overwritten', () => {
  const secret = Buffer.from('labsecret0123456789ABC')
  keysFromSecret(secret)
  assert.equal(hex(secret), '00'.repeat(22))
})

test('keys are in no JSON, no inspection, no enumeration, and no error', () => {
  const keys = keysFromSecret(Buffer.from('labsecret0123456789ABC'))
  const texts = [
    JSON.stringify({ keys }),
    inspect({ keys }, { depth: 9, showHidden: true }),
    inspect(Object.entries(keys)),
    inspect(wipedAndUsed(keys)),
  ]
  for (const text of texts) assert.doesNotMatch(text, /labsecret|6c616273|108, 97, 98/)
})

test('a file of mode 0600, 0400 or 0440 → its bytes as they are, line end included', () => {
  for (const mode of [0o600, 0o400, 0o440]) {
    const path = keyFile(`mode-${mode}`, 'labsecret0123456789ABC\n', mode)
    assert.equal(
      shown(keysFromFile(path))[0],
      '6c6162736563726574303132333435363738394142430ae3b0c44298fc1c149a',
    )
  }
})

test('a file behind symbolic links, as Kubernetes mounts a Secret → read', () => {
  const path = keyFile('secretkey', 'abc', 0o600)
  symlinkSync(path, join(folder, 'link'))
  assert.equal(keysFromFile(join(folder, 'link')).count, 3)
})

for (const mode of [0o644, 0o604, 0o620, 0o666, 0o601]) {
  const text = `0${mode.toString(8)}`
  test(`a file of mode ${text} → refused, with how to close it`, () => {
    const error = refusal(keyFile(`open-${text}`, 'abc', mode))
    assert.match(error.message, new RegExp(`is open to others \\(mode ${text}\\)`))
    assert.match(error.remedy[0]!, /^chmod 600 /)
  })
}

for (const [what, path, message] of [
  ['no file', join(folder, 'none'), /it does not exist/],
  ['a folder', folder, /is no file/],
  ['an empty file', keyFile('empty', '', 0o600), /is empty/],
] as const) {
  test(`${what} → refused: ${message.source}`, () => assert.match(refusal(path).message, message))
}

test('a named pipe → refused at once, without waiting for a writer', () => {
  const path = join(folder, 'pipe')
  assert.equal(spawnSync('mkfifo', ['-m', '600', path]).status, 0)
  assert.match(refusal(path).message, /is no file/)
})

function keyFile(name: string, content: string, mode: number): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

function wipedAndUsed(keys: MemberlistKeys): unknown {
  keys.wipe()
  try {
    return keys.with(0, hex)
  } catch (error) {
    return error
  }
}

function refusal(path: string): ArpcheckError {
  try {
    keysFromFile(path)
  } catch (error) {
    if (error instanceof ArpcheckError && error.code === 'config') return error
    throw error
  }
  throw new Error('it was taken')
}

function shown(keys: MemberlistKeys): string[] {
  return Array.from({ length: keys.count }, (_, i) => keys.with(i, hex))
}
