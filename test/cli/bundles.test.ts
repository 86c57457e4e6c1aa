// Which bundles a command loads: the Kubernetes part starts slowly, and only what asks a cluster may pay for it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { ownFolder } from '../helpers/folder.ts'
import { PROGRAM } from '../helpers/program.ts'

const folder = ownFolder()
const hook = join(folder, 'hook.cjs')
writeFileSync(
  hook,
  `const fs = require('node:fs')
   const { readFileSync } = fs
   const read = []
   fs.readFileSync = (path, ...rest) => {
     if (String(path).endsWith('.br')) read.push(path)
     return readFileSync(path, ...rest)
   }
   process.on('exit', () => console.error('loaded ' + [...Object.keys(require.cache), ...read].join()))`,
)

/** The bundles of a run that ends before anything is sent. */
function loadedBy(argv: readonly string[], kind = /\.js$/): string[] {
  const { PATH = '' } = process.env
  const options = { env: { PATH, HOME: folder }, encoding: 'utf8' } as const
  const { stderr } = spawnSync(process.execPath, ['-r', hook, PROGRAM, ...argv], options)
  const [, list = ''] = /^loaded (.*)$/m.exec(stderr) ?? []
  return list
    .split(',')
    .map((path) => basename(path))
    .filter((name) => kind.test(name))
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
  [
    ['daemon', '--help'],
    ['arpcheck.js', 'cli.js', 'daemon.js'],
  ],
  [['config'], ['arpcheck.js', 'cli.js', 'daemon.js']],
] as const) {
  test(`${argv.join(' ')} loads ${bundles.join(' and ')}`, () => assert.deepEqual(loadedBy(argv), bundles))
}

test('a kubeconfig loads the Kubernetes bundle', () =>
  assert.deepEqual(loadedBy(['--kubeconfig', '/nowhere']), ['arpcheck.js', 'cli.js', 'kubernetes.js']))

// The capture as if a NIC whose maker is known had answered: ARP has no checksum.
const known = join(folder, 'known.pcapng')
const OWNER = String.raw`\x02\x00\x00\x00\x04\x10`
writeFileSync(
  known,
  readFileSync(CAPTURE[1]!, 'latin1').replaceAll(new RegExp(OWNER, 'g'), '\u0024o(\0\u0004\u0010'),
  'latin1',
)

for (const [argv, read] of [
  [['--version'], []],
  [['--replay', known, '192.168.1.60=24:6f:28:00:04:10'], []], // a healthy run
  [['--replay', CAPTURE[1]!, '192.168.1.60'], []], // no vendor owns that MAC
  [['--replay', known, '192.168.1.60'], ['vendors.txt.br']],
] as const) {
  const what = argv.map((word) => basename(word)).join(' ')
  test(`${what} reads ${read.length > 0 ? read.join() : 'no list of vendors'}`, () =>
    assert.deepEqual(loadedBy(argv, /\.br$/), read))
}
