// The built program on a cable: what it may do once its sockets are open, as the kernel tells it of each thread.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { chownSync, closeSync, openSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { doubleWith, file, folder } from '../helpers/double.ts'
import { homelab } from '../helpers/homelab.ts'
import { cable, inNamespaces, ipCommand, runCommand } from '../helpers/netns.ts'
import { NO_RIGHT, Probed, threadsOf } from '../helpers/privilege.ts'
import { runProgram } from '../helpers/program.ts'
import { packageMissing } from '../helpers/packages.ts'

const REFUSED = { program: 'EPERM', packetSocket: 'no-permission', links: 'done' }

inNamespaces(() => {
  ipCommand('link set lo up')
  cable('eno1', 'far0')
  ipCommand('address add 192.168.1.13/24 dev eno1')

  test('every thread of a one-shot has no capability, no_new_privs and the filter; programs and sockets → refused', async (t) => {
    const run = new Probed(['--no-kube', '--timeout', '60s', '192.168.1.60'], folder(t))
    await run.has(NO_RIGHT)
    const names = threadsOf(run.child.pid!).map(({ name }) => name)
    assert.ok(
      names.length > 6 && names.includes('arpcheck-recv') && names.includes('arpcheck-send'),
      names.join(),
    )
    assert.deepEqual(await run.tries(), REFUSED)
    run.child.kill('SIGINT')
    assert.equal(await run.ended, 130)
  })

  test('the same with --engine cap', { skip: packageMissing('cap') }, async (t) => {
    const run = new Probed(['--engine', 'cap', '--no-kube', '--timeout', '60s', '192.168.1.60'], folder(t))
    await run.has(NO_RIGHT)
    assert.deepEqual(await run.tries(), REFUSED)
    run.child.kill('SIGINT')
    await run.ended
  })

  test('the same with a cluster', async (t) => {
    const double = await doubleWith(t, homelab())
    const kubeconfig = file(t, 'k', double.adminKubeconfig)
    const argv = ['--kubeconfig', kubeconfig, '--no-cache', '--timeout', '60s', '-i', 'eno1']
    const run = new Probed([...argv, '192.168.1.60'], folder(t))
    await run.has(NO_RIGHT)
    // for a node that turns out to be silent
    const sockets = readFileSync(`/proc/${run.child.pid}/net/raw`, 'utf8').trim().split('\n').length - 1
    assert.equal(sockets, packageMissing('raw-socket') === false ? 1 : 0)
    assert.deepEqual(await run.tries(), REFUSED)
    run.child.kill('SIGINT')
    await run.ended
  })

  test('a run that holds what it may do from the start → nothing is told of it without --verbose, nor with it', async () => {
    const argv = ['--no-kube', '--interval', '10ms', '--timeout', '100ms', '--verbose', '192.168.1.60']
    const { stderr } = await runProgram(argv)
    assert.equal(stderr, '')
  })

  test('a machine whose system calls are not known → told with --verbose alone, capabilities given up all the same', async (t) => {
    const other = file(t, 'other.cjs', `Object.defineProperty(process, 'arch', { value: 'riscv64' })`)
    const argv = ['--no-kube', '--interval', '10ms', '--timeout', '100ms', '192.168.1.60']
    const env = { NODE_OPTIONS: `--require ${other}` }
    const told = await runProgram([...argv, '--verbose'], env)
    assert.match(told.stderr, /System calls are not filtered: those of riscv64 are not known\./)
    assert.match(told.stderr, /threads may make any system call/)
    assert.doesNotMatch(told.stderr, /kept capabilities/)
    assert.match(told.stdout, /192\.168\.1\.60/)
    assert.equal((await runProgram(argv, env)).stderr, '')
  })

  test('--replay opens its file with every right, and reads none of it before it has given up all of them', async (t) => {
    const path = join(folder(t), 'a pipe that nobody writes to')
    runCommand('mkfifo', [path])
    const writer = openSync(path, 'r+')
    const run = new Probed(['--replay', path, '192.168.1.60'], folder(t))
    await run.has(NO_RIGHT)
    run.child.kill('SIGKILL')
    await run.ended
    closeSync(writer)
  })

  test('--replay by root reads a file that another user keeps to himself', async (t) => {
    const path = join(folder(t), 'seen.pcapng')
    const ask = ['--no-kube', '--interval', '10ms', '--timeout', '100ms', '192.168.1.60']
    await runProgram(['--pcap', path, ...ask])
    chownSync(path, 65534, 65534)
    const { status, stderr } = await runProgram(['--replay', path, '--timeout', '100ms', '192.168.1.60'])
    assert.deepEqual([status, stderr], [3, ''], 'judged: nothing was heard')
  })
})
