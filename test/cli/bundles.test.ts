// Which bundles a command loads: the Kubernetes part starts slowly, and only what asks a cluster may pay for it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { ownFolder } from '../helpers/folder.ts'
import { PROGRAM } from '../helpers/program.ts'

const folder = ownFolder()
const hook = join(folder, 'hook.cjs')
writeFileSync(
  hook,
  "process.on('exit', () => console.error('loaded ' + Object.keys(require.cache).join()))\n",
)

/** The bundles of a run that ends before anything is sent. */
function loadedBy(argv: readonly string[], env: Record<string, string> = {}): string[] {
  const { PATH = '' } = process.env
  const options = { env: { PATH, HOME: folder, ...env }, encoding: 'utf8' } as const
  const { stderr } = spawnSync(process.execPath, ['-r', hook, PROGRAM, ...argv], options)
  const [, list = ''] = /^loaded (.*)$/m.exec(stderr) ?? []
  return list
    .split(',')
    .map((path) => basename(path))
    .filter((name) => name !== 'hook.cjs' && name.endsWith('.js'))
}

const CAPTURE = ['--replay', 'test/fixtures/captures/one.pcapng', '192.168.1.60']

for (const [argv, bundles] of [
  [['--version'], ['arpcheck.js']],
  [['--help'], ['arpcheck.js', 'cli.js']],
  [CAPTURE, ['arpcheck.js', 'cli.js']],
  [
    [...CAPTURE, '-o', 'yaml'],
    ['arpcheck.js', 'cli.js', 'yaml.js'],
  ],
  [
    ['--no-kube', '-i', 'nosuch0', '10.0.0.1'],
    ['arpcheck.js', 'cli.js'],
  ],
  [
    ['explain', 'ARP102'],
    ['arpcheck.js', 'cli.js'],
  ],
  [
    ['completion', 'bash'],
    ['arpcheck.js', 'cli.js'],
  ],
] as const) {
  test(`${argv.join(' ')} loads ${bundles.join(' and ')}`, () => assert.deepEqual(loadedBy(argv), bundles))
}

test('a kubeconfig loads the Kubernetes bundle', () =>
  assert.deepEqual(loadedBy(['--kubeconfig', '/nowhere']), ['arpcheck.js', 'cli.js', 'kubernetes.js']))
