import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { ArpcheckError } from '../errors.ts'
import { leaveStanding } from './holder.ts'
import { childOf, isAlive, processOf } from './processes.ts'
import { BIN, onHost } from './segment.ts'
import { forgetStanding, readStanding, writeStanding, type Standing } from './standing.ts'
import type { StoryFile } from './stories.ts'

const DOWN_MS = 10_000
const DOWN_POLL_MS = 10
/** Entering a mount namespace leads to its root; files lie there as they do outside. */
const IN_FOLDER = 'cd "$0" 2>/dev/null; exec "$@"'

/** Builds the hosts of a story and leaves them standing; its steps are not played. */
export async function up({ file, text }: StoryFile, program: string, seed: number): Promise<Standing> {
  if (readStanding()) {
    throw new ArpcheckError('lab-unavailable', 'A lab of yours is up already.', {
      remedy: ['arpcheck lab shell     (enters it)', 'arpcheck lab down      (ends it)'],
    })
  }
  const arpcheck = resolve(program, '../arpcheck.js')
  const order = { story: text, file, hold: true, seed, witness: false, show: false, program, arpcheck }
  const standing = await leaveStanding(order)
  writeStanding(standing)
  return standing
}

/** Enters a host with a shell, or with the given command; resolves to its exit code. */
export async function enter(host: string, command: readonly string[]): Promise<number> {
  const { holder, userSpace, hosts, kubeconfig } = standingOrThrow()
  if (!hosts.includes(host)) {
    throw new ArpcheckError('usage', `There is no host ${JSON.stringify(host)} in the lab that is up.`, {
      remedy: [`Hosts: ${hosts.join(', ')}`],
    })
  }
  const spaces = ['-t', String(childOf(holder.pid)), ...(userSpace ? ['-U', '--preserve-credentials'] : [])]
  const [file = '', ...args] = command.length > 0 ? command : [process.env['SHELL'] || '/bin/sh']
  // Ctrl-C is for the program inside, which is in the same process group
  const ignore = () => {}
  process.on('SIGINT', ignore)
  const inside = ['sh', '-c', IN_FOLDER, process.cwd(), ...onHost(host, file, args)]
  const child = spawn('nsenter', [...spaces, '-m', '-n', '-p', ...inside], {
    stdio: 'inherit',
    env: { ...process.env, ...shellEnvironment(host), ...(kubeconfig && { KUBECONFIG: kubeconfig }) },
  })
  return new Promise((done, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      process.off('SIGINT', ignore)
      done(code ?? 1)
    })
  })
}

/** What arpcheck remembers of the lab's cluster goes with the lab. */
function shellEnvironment(host: string): NodeJS.ProcessEnv {
  const path = `${BIN}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`
  return { PATH: path, PS1: `${host}$ `, XDG_CACHE_HOME: '/run/cache' }
}

/** Ends what stands; resolves when its processes are gone. */
export async function down(): Promise<void> {
  const { holder } = standingOrThrow()
  const first = processOf(childOf(holder.pid) ?? holder.pid) ?? holder
  process.kill(holder.pid, 'SIGKILL')
  const deadline = performance.now() + DOWN_MS
  while ((isAlive(holder) || isAlive(first)) && performance.now() < deadline)
    await new Promise((wake) => setTimeout(wake, DOWN_POLL_MS))
  forgetStanding()
}

function standingOrThrow(): Standing {
  const standing = readStanding()
  if (standing) return standing
  throw new ArpcheckError('lab-unavailable', 'No lab of yours is up.', { remedy: ['arpcheck lab up'] })
}
