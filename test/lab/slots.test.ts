import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { slotPaths } from '../../src/lab/slots.ts'
import { keepingFolder, labCommand, skipReason, USERS } from './lab.ts'

const user = USERS.at(-1)!

suite('labs at once', { skip: skipReason(user) }, () => {
  test('a third lab says that it waits, and goes on when one of two ends', async () => {
    const [first, second] = await Promise.all(slotPaths().map(takeSlot))
    const [file, args] = labCommand(user, [
      'run',
      'addresses',
      '--keep-failure',
      keepingFolder(),
      '-o',
      'json',
    ])
    const lab = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    try {
      const [words] = (await once(lab.stderr, 'data')) as [Buffer]
      assert.match(words.toString(), /two labs are running on this machine: waiting for one to end/)
      await release(second!)
      const [code] = (await once(lab, 'close')) as [number]
      assert.equal(code, 0)
    } finally {
      lab.kill('SIGKILL')
      await release(first!)
    }
  })
})

/** Holds a slot until it is released; waits for labs that hold it now. */
async function takeSlot(path: string): Promise<ChildProcess> {
  const holder = spawn('flock', ['--no-fork', path, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(holder.stdout, 'data')
  return holder
}

async function release(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null) return
  holder.stdin!.end()
  await once(holder, 'close')
}
