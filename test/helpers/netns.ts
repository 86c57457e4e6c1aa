import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { test } from 'node:test'

/** Set in the process that runs inside. */
const INSIDE = 'ARPCHECK_TEST_NAMESPACE'
const REMEDY =
  'namespaces of its own are not allowed here: run as root, or allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1)'

/**
 * Runs a test file's body in network, mount and process namespaces of its own, where every link is the file's to make
 * and to break. The kernel removes all of it with the last process, however that ends. Where namespaces are not
 * allowed the file is one skipped test.
 */
export function inNamespaces(body: () => void): void {
  if (process.env[INSIDE] !== undefined) return body()
  const flags = namespaceFlags()
  if (flags === undefined) return void test('in namespaces', { skip: REMEDY })
  runThisFile(flags)
}

/** How `unshare` is allowed here: as root, or as the root of a new user namespace. */
function namespaceFlags(): string[] | undefined {
  const ways = process.getuid?.() === 0 ? ['-nmp', '-Urnmp'] : ['-Urnmp']
  const way = ways.find(
    (flags) => spawnSync('unshare', [flags, '--fork', '--mount-proc', 'true']).status === 0,
  )
  return way === undefined ? undefined : [way, '--mount-proc', '--kill-child']
}

/** The same file again, reporting to the same runner. Should this process be killed, the kernel kills that one too. */
function runThisFile(flags: string[]): void {
  const command = [...flags, process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const { status } = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...command], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  })
  process.exitCode = status ?? 1
}

/** Runs `ip` with words split at spaces; throws with what it said. */
export function ipCommand(words: string): string {
  return runCommand('ip', words.split(' '))
}

export function runCommand(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
  return stdout
}

/** Two ends of one cable, both in the test's own namespace, both up. What leaves one arrives at the other. */
export function cable(near: string, far: string): void {
  ipCommand(`link add ${near} address ${MACS.near} type veth peer name ${far} address ${MACS.far}`)
  for (const end of [near, far]) ipCommand(`link set ${end} up`)
}

export const MACS = { near: '02:00:00:00:00:01', far: '02:00:00:00:00:02' } as const

/** Another machine: a network namespace below the test's own, held by a process that ends with it. */
export interface Machine {
  /** Of the process that holds it. */
  readonly pid: number
  /** Runs a command there and returns what it printed. */
  run(command: string, ...args: string[]): string
  /** Starts a command there. */
  start(command: string, ...args: string[]): ChildProcess
  /** Starts a Node program there that is told what to do by messages. */
  converse(program: string, ...args: string[]): ChildProcess
  /** Takes a link over from the test's namespace. */
  adopt(link: string): void
}

export function machine(): Machine {
  const holder = spawn('unshare', ['-n', 'sleep', 'infinity'], { stdio: 'ignore' })
  holder.unref()
  const enter = ['-t', String(holder.pid), '-n']
  waitForNamespace(holder.pid!)
  return {
    pid: holder.pid!,
    run: (command, ...args) => runCommand('nsenter', [...enter, command, ...args]),
    start: (command, ...args) =>
      spawn('nsenter', [...enter, command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }),
    converse: (program, ...args) =>
      spawn('nsenter', [...enter, process.execPath, program, ...args], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      }),
    adopt: (link) => void ipCommand(`link set ${link} netns ${holder.pid}`),
  }
}

function waitForNamespace(pid: number): void {
  const own = readlinkSync('/proc/self/ns/net')
  const deadline = performance.now() + 5000
  while (readlinkSync(`/proc/${pid}/ns/net`) === own) {
    if (performance.now() > deadline) throw new Error('unshare -n made no namespace within 5 s')
    spawnSync('sleep', ['0.005'])
  }
}
