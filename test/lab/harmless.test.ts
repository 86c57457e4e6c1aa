import assert from 'node:assert/strict'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { LAB, skipReason, USERS, type User } from './lab.ts'

// The host that must not change is a network namespace of the test's own, so that other work on this machine cannot
// change it meanwhile; the machine's own named namespaces are looked at as well.
const user: User = USERS.at(-1)!
const ROOT = process.getuid?.() === 0
const WAIT_MS = 20_000
const HOST_NAMES = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4', 'gateway', 'client', 'sw0']

suite('the lab leaves its host as it was', { skip: skipReason(ROOT ? 'root' : user), concurrency: 1 }, () => {
  for (const [how, signal] of [
    ['after SIGKILL in the middle of a run', 'SIGKILL'],
    ['after SIGTERM in the middle of a run', 'SIGTERM'],
    ['after SIGINT in the middle of a run', 'SIGINT'],
  ] as const) {
    test(`links are the same and no process is left ${how}`, async () => {
      const host = await standIn()
      try {
        const before = links(host)
        const lab = inHost(host, [process.execPath, LAB, 'run', 'deaf', '--keep-failure', '/tmp'])
        await untilTold(lab, 'isolate client')
        const inside = descendants(lab.pid!)
        assert.ok(inside.length >= 2, 'the holder and its first process run')
        lab.kill(signal)
        await once(lab, 'close')
        await untilGone(inside)
        assert.equal(links(host), before)
        assert.deepEqual(machineNamespaces(), [])
      } finally {
        host.kill('SIGKILL')
      }
    })
  }
})

/** A network namespace that lives as long as the returned process. */
async function standIn(): Promise<ChildProcess> {
  const host = spawn('unshare', [ROOT ? '-n' : '-Urn', 'sh', '-c', 'echo ready; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(host.stdout, 'data')
  return host
}

function entering({ pid }: ChildProcess): string[] {
  return ROOT ? [`--net=/proc/${pid}/ns/net`] : ['-t', String(pid), '-U', '-n', '--preserve-credentials']
}

/** nsenter becomes the program, so that signals reach it. */
function inHost(host: ChildProcess, command: readonly string[]): ChildProcess {
  return spawn('nsenter', [...entering(host), ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
}

function links(host: ChildProcess): string {
  return execFileSync('nsenter', [...entering(host), 'ip', '-o', 'link'], { encoding: 'utf8' })
}

async function untilTold(lab: ChildProcess, words: string): Promise<void> {
  let told = ''
  for await (const text of lab.stdout!) if ((told += text).includes(words)) return
  assert.fail(`the lab ended before it told "${words}": ${told}`)
}

/** `pid:start time` of every process below `pid`; the start time, because numbers are used again. */
function descendants(pid: number): string[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const parents = new Map(all.map((name) => [Number(name), stat(Number(name))]))
  const isBelow = (child: number): boolean => {
    const parent = parents.get(child)?.parent
    return parent !== undefined && parent > 1 && (parent === pid || isBelow(parent))
  }
  return [...parents.keys()].filter(isBelow).map((below) => `${below}:${parents.get(below)!.start}`)
}

function stat(pid: number): { parent: number; start: string } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return { parent: Number(fields[1]), start: fields[19]! }
  } catch {
    return undefined
  }
}

async function untilGone(processes: readonly string[]): Promise<void> {
  const deadline = performance.now() + WAIT_MS
  const left = () => processes.filter((one) => stat(Number(one.split(':')[0]))?.start === one.split(':')[1])
  while (left().length > 0) {
    assert.ok(performance.now() < deadline, `still there: ${left().join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function machineNamespaces(): string[] {
  return existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => HOST_NAMES.includes(name)) : []
}
