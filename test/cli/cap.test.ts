// The built program with --engine cap on a real segment, with and without the native addon beside it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Report } from '../../src/core/report.ts'
import { ownFolder } from '../helpers/folder.ts'
import { cable, inNamespaces, ipCommand, machine, MACS, runCommand } from '../helpers/netns.ts'
import { packageMissing } from '../helpers/packages.ts'

const ASK = [
  '--no-kube',
  '--engine',
  'cap',
  '--interval',
  '10ms',
  '--timeout',
  '200ms',
  '-o',
  'json',
  '192.168.1.60',
]

inNamespaces(() => {
  const folder = ownFolder()
  cable('eno1', 'far0')
  const owner = machine()
  owner.adopt('far0')
  owner.run('ip', 'address', 'add', '192.168.1.60/24', 'dev', 'far0')
  owner.run('ip', 'address', 'add', '192.168.1.1/24', 'dev', 'far0')
  owner.run('ip', 'link', 'set', 'far0', 'up')
  ipCommand('address add 192.168.1.13/24 dev eno1')
  ipCommand('route add default via 192.168.1.1')
  runCommand('mount', ['-t', 'sysfs', 'none', '/sys'])

  const skip = packageMissing('cap')
  for (const [title, addon] of [
    ['beside the addon', true],
    ['without the addon', false],
  ] as const) {
    test(`--engine cap ${title} → who answers, the canary heard, no round-trip time`, { skip }, () => {
      const { status, stdout, stderr } = run(programIn(join(folder, title), addon), ASK)
      assert.deepEqual([status, stderr], [0, ''])
      const report: Report = JSON.parse(stdout)
      const { verdict, answered, interface: name } = report.vips[0]!
      assert.deepEqual([report.frames.sent, report.frames.kernelDrops], [6, null])
      assert.ok(report.frames.received >= 12, 'questions and replies')
      assert.deepEqual([name, verdict], ['eno1', 'ok'])
      assert.deepEqual(
        answered.map(({ mac, rttMs }) => [mac, rttMs]),
        [[MACS.far, null]],
      )
      assert.deepEqual(
        report.canaries.map(({ ip, answered: heard }) => [ip, heard]),
        [['192.168.1.1', true]],
      )
    })
  }

  test(
    'without the addon --verbose says that no right is given up, and it asks all the same',
    { skip },
    () => {
      const program = programIn(join(folder, 'says so'), false)
      const { status, stderr } = run(program, ['--verbose', ...ASK])
      assert.equal(status, 0)
      assert.match(stderr, /No right is given up: the native addon is not there\./)
    },
  )

  test('without the addon and without --engine cap → exit 3, and the way out is named', () => {
    const { status, stdout, stderr } = run(programIn(join(folder, 'alone'), false), ['192.168.1.60'])
    assert.deepEqual([status, stdout], [3, ''])
    assert.match(stderr, /Cannot load the native addon/)
    assert.match(stderr, /--engine cap/)
  })
})

/** A copy of the built program, with or without its addon, that finds the packages of this checkout. */
function programIn(folder: string, addon: boolean): string {
  mkdirSync(folder)
  for (const name of readdirSync('dist').filter(
    (file) => file.endsWith('.js') || (addon && file.endsWith('.node')),
  ))
    copyFileSync(join('dist', name), join(folder, name))
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'arpcheck.js')
}

function run(program: string, argv: readonly string[]) {
  const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8' }
  return spawnSync(process.execPath, [program, ...argv], { env, encoding: 'utf8' })
}
