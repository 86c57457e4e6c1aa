import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ownFolder } from '../../helpers/folder.ts'
import { runProgram, type Ran } from '../../helpers/program.ts'

// The built program: which exit code, and what stands where. Not covered: what is read from where (config.test.ts).

const folder = ownFolder()

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function flat({ stderr }: Ran): string {
  return stderr.replaceAll(/\s+/g, ' ').trim()
}

const good = file('good.yaml', 'interval: 60s\nlogFormat: logfmt\n')

test('a good file → 0, and its name on stdout', async () => {
  const ran = await runProgram(['daemon', '--check-config', '--config', good])
  assert.deepEqual([ran.status, ran.stderr], [0, ''])
  assert.match(ran.stdout, /^The configuration is good \(file: .*good\.yaml\)\.\n$/)
})

test('no kubeconfig that can be read → 2, and no flag is offered that a daemon does not know', async () => {
  const ran = await runProgram(['daemon', '--kubeconfig', join(folder, 'none')])
  assert.equal(ran.status, 2)
  assert.match(flat(ran), /there is no such file\. --kubeconfig FILE names another$/)
})

test('a key that is there twice → told beside the other mistakes, in the order of the lines', async () => {
  const ran = await runProgram([
    'daemon',
    '--check-config',
    '--config',
    file('twice.yaml', 'budget: 5\nbudget: 6\na: 1\n'),
  ])
  assert.match(
    flat(ran),
    /twice\.yaml:2: "budget" is there twice, first in line 1\. .*twice\.yaml:3: There is no key "a"/,
  )
})

for (const [what, text, said] of [
  ['a mistake', 'intervall: 60s\n', /bad\.yaml:1: There is no key "intervall"\. Did you mean interval\?/],
  ['two mistakes', 'a: 1\nbudget: 0\n', /bad\.yaml:1: .*bad\.yaml:2: budget takes a whole number/],
  [
    'a web configuration that is not there',
    'webConfigFile: /no/such.yml\n',
    /Cannot read \/no\/such\.yml: no such file/,
  ],
] as const) {
  test(`${what} → 2, told on stderr`, async () => {
    const ran = await runProgram(['daemon', '--check-config', '--config', file('bad.yaml', text)])
    assert.deepEqual([ran.status, ran.stdout], [2, ''])
    assert.match(flat(ran), said)
  })
}

test('a web configuration with a mistake → 2, with its line', async () => {
  const web = file('web.yml', 'tls_server_config:\n  cert_fil: x\n')
  const ran = await runProgram(['daemon', '--check-config'], { ARPCHECK_WEB_CONFIG_FILE: web })
  assert.equal(ran.status, 2)
  assert.match(
    flat(ran),
    /web\.yml:2: There is no key "cert_fil" in tls_server_config\. Did you mean cert_file\?/,
  )
})

test('a folder, or a device without an end, in place of the file → 2', async () => {
  mkdirSync(join(folder, 'folder'))
  for (const path of [join(folder, 'folder'), '/dev/zero']) {
    const ran = await runProgram(['daemon', '--check-config', '--config', path])
    assert.equal(ran.status, 2)
    assert.match(flat(ran), /Cannot read .*: it is no file of at most/)
  }
})

test('arpcheck config tells where each value comes from', async () => {
  const ran = await runProgram(['config', '--config', good, '-i', 'eno1'], { NODE_NAME: 'nuc-3' })
  assert.equal(ran.status, 0)
  for (const line of [
    /^interval: 60s +# .*good\.yaml:1$/m,
    /^interfaces: \[eno1\] +# --iface$/m,
    /^node: nuc-3 +# NODE_NAME$/m,
  ])
    assert.match(ran.stdout, line)
})
