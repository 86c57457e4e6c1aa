import { spawn, type ChildProcess } from 'node:child_process'
import { ArpcheckError } from '../errors.ts'
import { missingTool } from './exec.ts'
import type { Order, Told } from './protocol.ts'
import { SLOT_TAKEN, slotPaths } from './slots.ts'

export interface HolderOptions {
  /** The bundle that is started again inside. */
  readonly program: string
  readonly order: Order
  readonly onTold: (told: Told) => void
  /** How long to wait for one of the machine's slots. */
  readonly slotWaitMs: number
  /** How long the story may take, from its start. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

interface Ended {
  readonly code: number | null
  readonly greeted: boolean
  readonly words: string
}

const SLOT_POLL_MS = 200
const WORDS_CHARACTERS = 4_000
// Mounts, network and processes of its own; a name of its own for each host comes later.
const OWN_SPACES = ['-nmpf', '--kill-child', '--mount-proc']

/**
 * Runs one segment from start to end in namespaces that die with it. The chain is flock (the machine's slot) →
 * setpriv (die with us) → unshare (take everything inside along) → this program; flock and setpriv become unshare,
 * so that one process holds the lock and the namespaces, and SIGKILL anywhere frees both.
 */
export async function holdSegment(options: HolderOptions): Promise<void> {
  const deadline = performance.now() + options.slotWaitMs
  for (;;) {
    for (const slot of slotPaths()) {
      const ended = await runInSlot(slot, options)
      if (ended.code !== SLOT_TAKEN || ended.greeted) return judgeEnd(ended)
    }
    if (performance.now() > deadline || options.signal.aborted) throw allSlotsTaken()
    await new Promise((resolve) => setTimeout(resolve, SLOT_POLL_MS))
  }
}

/** As root first with the rights that root has; a root without them (a container) may still have a user namespace. */
async function runInSlot(slot: string, options: HolderOptions): Promise<Ended> {
  const asRoot = process.getuid?.() === 0
  const first = await runOnce(slot, asRoot ? OWN_SPACES : ['-Ur', ...OWN_SPACES], options)
  if (!asRoot || first.greeted || first.code === SLOT_TAKEN) return first
  return runOnce(slot, ['-Ur', ...OWN_SPACES], options)
}

function runOnce(slot: string, spaces: readonly string[], options: HolderOptions): Promise<Ended> {
  const lock = ['--no-fork', '--nonblock', '--conflict-exit-code', String(SLOT_TAKEN), slot]
  const inner = [process.execPath, options.program, 'inside']
  const args = [...lock, 'setpriv', '--pdeathsig', 'KILL', 'unshare', ...spaces, ...inner]
  const child = spawn('flock', args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    env: insideEnvironment(),
  })
  return follow(child, options)
}

function follow(child: ChildProcess, { order, onTold, timeoutMs, signal }: HolderOptions): Promise<Ended> {
  const state = { greeted: false, words: '' }
  const kill = () => child.kill('SIGKILL')
  const timer = setTimeout(kill, timeoutMs)
  signal.addEventListener('abort', kill, { once: true })
  child.stderr!.on('data', (bytes: Buffer) => (state.words = (state.words + bytes).slice(-WORDS_CHARACTERS)))
  child.on('message', (told: Told) => {
    if (told.told !== 'hello') return onTold(told)
    state.greeted = true
    child.send(order)
  })
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(missingTool('flock', cause)))
    child.once('close', (code) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', kill)
      resolve({ code, ...state })
    })
  })
}

function judgeEnd({ code, greeted, words }: Ended): void {
  if (greeted && code === 0) return
  if (greeted) throw new ArpcheckError('lab-unavailable', `The lab ended early. ${words}`.trim())
  throw new ArpcheckError(
    'lab-unavailable',
    `The lab could not make namespaces of its own: ${words.trim()}`,
    {
      remedy: [
        'sudo arpcheck lab …                                            (as root it needs nothing else)',
        'apt-get install util-linux iproute2                            (where a program is missing)',
        'sysctl -w kernel.unprivileged_userns_clone=1                   (Debian: without root)',
        'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0       (Ubuntu: without root)',
      ],
    },
  )
}

function allSlotsTaken(): ArpcheckError {
  return new ArpcheckError(
    'lab-unavailable',
    'Two labs are running on this machine already, and neither ended.',
    {
      remedy: ['arpcheck lab down     (ends one that was left up)', 'or try again when they are through'],
    },
  )
}

/** Nothing of the caller's settings reaches the arpcheck inside: a story means the same everywhere. */
function insideEnvironment(): NodeJS.ProcessEnv {
  const { PATH = '', LANG = 'C.UTF-8' } = process.env
  return { PATH: `${PATH}:/usr/sbin:/sbin`, LANG, HOME: '/nonexistent' }
}
