import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { holdersOf } from '../../src/host/holders.ts'
import { ownFolder } from '../helpers/folder.ts'

const proc = ownFolder()

/** A process as /proc shows it; without a name it ended while we looked. */
function addProcess(pid: number, name: string | null, links: readonly string[]): void {
  mkdirSync(join(proc, String(pid), 'fd'), { recursive: true })
  if (name !== null) writeFileSync(join(proc, String(pid), 'comm'), `${name}\n`)
  links.forEach((link, fd) => symlinkSync(link, join(proc, String(pid), 'fd', String(fd))))
}

addProcess(1, 'systemd', ['/dev/null', 'socket:[7]'])
addProcess(812, 'speaker', ['pipe:[200]', 'socket:[200]', 'socket:[201]'])
addProcess(813, 'speaker-child', ['socket:[200]'])
addProcess(900, null, ['socket:[300]'])
mkdirSync(join(proc, '901'))
mkdirSync(join(proc, 'self', 'fd'), { recursive: true })
symlinkSync('socket:[400]', join(proc, 'self', 'fd', '0'))

for (const [title, inodes, expected] of [
  ['one that is held', [200], [[200, 812, 'speaker']]],
  [
    'two of one process',
    [200, 201],
    [
      [200, 812, 'speaker'],
      [201, 812, 'speaker'],
    ],
  ],
  ['one of a process that ends meanwhile', [300], [[300, 900, '?']]],
  ['one that nobody holds who can be seen', [999], []],
  ['one that is behind no process number', [400], []],
] as const) {
  test(`a socket: ${title} → ${JSON.stringify(expected)}`, () => {
    const found = [...holdersOf(new Set<number>(inodes), { proc })].map(([inode, { pid, name }]) => [
      inode,
      pid,
      name,
    ])
    assert.deepEqual(found, expected)
  })
}

test('no /proc, no holders', () =>
  assert.equal(holdersOf(new Set([200]), { proc: join(proc, 'none') }).size, 0))

for (const [most, size] of [
  [3, 0],
  [4, 1],
] as const) {
  test(`of ${most} descriptors no more are looked at → ${size} found`, () =>
    // two of process 1, then the pipe and the socket of 812
    assert.equal(holdersOf(new Set([200]), { proc, most }).size, size))
}
