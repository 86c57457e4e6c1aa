import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { readKubeconfig, type KubeconfigOptions } from '../../src/kubernetes/kubeconfig.ts'
import { ArpcheckError } from '../../src/errors.ts'

// Where credentials are looked for, and what is said of those that cannot be used. How they are used: credentials.test.ts.

/** Files below a folder that is gone afterwards; `~` in a path is the home folder. */
function world(
  t: TestContext,
  files: Readonly<Record<string, string>>,
): { root: string; options: KubeconfigOptions } {
  const root = mkdtempSync(join(tmpdir(), 'arpcheck-kubeconfig-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  const places = { k3s: join(root, 'k3s.yaml'), serviceAccount: join(root, 'sa') }
  return { root, options: { env: { HOME: join(root, 'home') }, places } }
}

function config(name: string, more = ''): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster: { server: https://${name}:6443, certificate-authority: ca.crt }
users:
- name: ${name}
  user: { client-certificate: c.crt, client-key: /abs/c.key, exec: { command: ./plugin } }
contexts:
- name: ${name}
  context: { cluster: ${name}, user: ${name}, namespace: web }
current-context: ${name}
${more}`
}

const POD = { KUBERNETES_SERVICE_HOST: '10.43.0.1', KUBERNETES_SERVICE_PORT: '443' }

test('the flag before $KUBECONFIG before ~/.kube/config before the K3s file before the pod', (t) => {
  const { root, options } = world(t, {
    'flag.yaml': config('flag'),
    'env.yaml': config('env'),
    'home/.kube/config': config('home'),
    'k3s.yaml': config('k3s'),
    'sa/token': 'x',
    'sa/namespace': 'arpcheck\n',
  })
  const env = { ...options.env, ...POD, KUBECONFIG: join(root, 'env.yaml') }
  const serverOf = (given: KubeconfigOptions): unknown => readKubeconfig(given).cluster['server']
  assert.equal(serverOf({ ...options, env, kubeconfig: join(root, 'flag.yaml') }), 'https://flag:6443')
  assert.equal(serverOf({ ...options, env }), 'https://env:6443')
  assert.equal(serverOf({ ...options, env: { ...env, KUBECONFIG: '' } }), 'https://home:6443')
  assert.equal(serverOf({ ...options, env: POD }), 'https://k3s:6443')
  rmSync(join(root, 'k3s.yaml'))
  const pod = readKubeconfig({ ...options, env: POD })
  assert.deepEqual([pod.cluster['server'], pod.podNamespace], ['https://10.43.0.1:443', 'arpcheck'])
  assert.equal(
    serverOf({ ...options, env: { ...POD, KUBERNETES_SERVICE_HOST: 'fd00::1' } }),
    'https://[fd00::1]:443',
  )
})

test('$KUBECONFIG as a list → read as one, the first of two with one name counts, missing files are passed over', (t) => {
  const { root, options } = world(t, {
    'a.yaml': config('a').replace(/^current-context.*$/m, ''),
    'b.yaml':
      config('b') +
      config('a')
        .replace('https://a', 'https://other')
        .replace(/^(apiVersion|kind).*$/gm, ''),
    'c.yaml': config('a').replace('https://a', 'https://later'),
  })
  const KUBECONFIG = ['a.yaml', 'gone.yaml', 'c.yaml'].map((name) => join(root, name)).join(':')
  const { cluster, origin } = readKubeconfig({ ...options, env: { KUBECONFIG } })
  assert.equal(cluster['server'], 'https://a:6443')
  assert.match(origin, /^context "a" of .*a\.yaml, .*c\.yaml$/)
})

test('paths in a file → relative to that file, as for kubectl', (t) => {
  const { root, options } = world(t, { 'x/config': config('a') })
  const { cluster, user } = readKubeconfig({ ...options, kubeconfig: join(root, 'x/config') })
  assert.equal(cluster['certificate-authority'], join(root, 'x/ca.crt'))
  assert.equal(user['client-certificate'], join(root, 'x/c.crt'))
  assert.equal(user['client-key'], '/abs/c.key')
  assert.deepEqual(user['exec'], { command: join(root, 'x/plugin') })
})

const MISTAKES: readonly [
  title: string,
  text: string | null,
  context: string | undefined,
  code: string,
  says: RegExp,
  remedy: RegExp,
][] = [
  [
    'a file that is not there',
    null,
    undefined,
    'kubeconfig',
    /cannot read the kubeconfig .*config: there is no such file$/,
    /--kubeconfig FILE/,
  ],
  [
    'YAML that breaks off',
    'clusters:\n- name: "a\n',
    undefined,
    'kubeconfig',
    /cannot read the kubeconfig .*config, line \d+: /,
    /kubectl config view/,
  ],
  [
    'a text that is no kubeconfig',
    'hello',
    undefined,
    'kubeconfig',
    /it holds no context: it is no kubeconfig$/,
    /kubectl config view/,
  ],
  [
    'no current context',
    config('a').replace(/^current-context.*$/m, ''),
    undefined,
    'kubeconfig',
    /sets no current context$/,
    /--context NAME chooses one: a/,
  ],
  [
    'a context with a typing error',
    config('homelab'),
    'homelap',
    'kubeconfig',
    /holds no context "homelap"$/,
    /did you mean "homelab"\?/,
  ],
  [
    'a context of a cluster that is not there',
    config('a').replace('cluster: a, user', 'cluster: b, user'),
    undefined,
    'kubeconfig',
    /context "a" names no cluster with a server in it$/,
    /kubectl config view/,
  ],
  [
    'a context of a user who is not there',
    config('a').replace('user: a, namespace', 'user: b, namespace'),
    undefined,
    'kubeconfig',
    /names the user "b", who is not in it$/,
    /kubectl config view/,
  ],
]

for (const [title, text, context, code, says, remedy] of MISTAKES) {
  test(`${title} → ${code}, one sentence and what to do`, (t) => {
    const { root, options } = world(t, text === null ? {} : { config: text })
    const error = caught(() => readKubeconfig({ ...options, context, kubeconfig: join(root, 'config') }))
    assert.deepEqual([error.code, error.exitCode], [code, 2])
    assert.match(error.message, says)
    assert.match(error.remedy.join('\n'), remedy)
    assert.doesNotMatch(error.message, /\n/)
  })
}

test('no kubeconfig anywhere → no-kubeconfig, with every place that was looked at', (t) => {
  const { root, options } = world(t, {})
  const error = caught(() => readKubeconfig(options))
  assert.equal(error.code, 'no-kubeconfig')
  for (const place of ['home/.kube/config', 'k3s.yaml', 'sa/token'])
    assert.ok(error.message.includes(join(root, place)))
  assert.match(error.remedy.join(), /--no-kube/)
})

test('a kubeconfig that only root may read → says so, and names sudo', { skip: rootReadsAll() }, (t) => {
  const { root, options } = world(t, { 'k3s.yaml': config('k3s') })
  chmodSync(join(root, 'k3s.yaml'), 0o000)
  const error = caught(() => readKubeconfig(options))
  assert.match(error.message, /this user may not read it$/)
  assert.match(error.remedy.join(), /sudo arpcheck/)
})

function caught(work: () => unknown): ArpcheckError {
  try {
    work()
  } catch (error) {
    if (error instanceof ArpcheckError) return error
    throw error
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' })
}

function rootReadsAll(): string | false {
  return process.getuid?.() === 0 && 'not here: root may read every file'
}
