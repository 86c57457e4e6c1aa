import { spawn, type ChildProcess } from 'node:child_process'
import { ArpcheckError } from '../errors.ts'
import { missingTool } from './exec.ts'
import { processOf } from './processes.ts'
import type { Order, Told } from './protocol.ts'
import { SLOT_TAKEN, slotPaths } from './slots.ts'
import type { Standing } from './standing.ts'

export interface HolderOptions {
  readonly order: Order
  readonly onTold: (told: Told) => void
  /** How long to wait for one of the machine's slots. */
  readonly slotWaitMs: number
  /** Called once, when all slots are taken. */
  readonly onWait?: () => void
  /** How long the story may take, from its start. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

interface Ended {
  readonly code: number | null
  readonly greeted: boolean
  readonly words: string
}

/** How one holder is started, and what it is told. */
interface Attempt {
  readonly slot: string
  readonly userSpace: boolean
  readonly options: HolderOptions
}

const SLOT_POLL_MS = 200
const WORDS_CHARACTERS = 4_000
const UP_MS = 30_000
// Mounts, network and processes of its own; a name of its own for each host comes later.
const OWN_SPACES = ['-nmpf', '--kill-child', '--mount-proc']

/**
 * Runs one segment from start to end in namespaces that die with it. The chain is flock (the machine's slot) →
 * setpriv (die with us) → unshare (take everything inside along) → this program; flock and setpriv become unshare,
 * so that one process holds the lock and the namespaces, and SIGKILL anywhere frees both.
 */
export async function holdSegment(options: HolderOptions): Promise<void> {
  await inFreeSlot(options, async (attempt) => {
    const ended = await follow(start(attempt), attempt.options)
    return options.signal.aborted ? { ...ended, code: 0, greeted: true } : ended
  })
}

/** The same, but the segment outlives us, until its holder is killed. */
export async function leaveStanding(order: Order): Promise<Standing> {
  let standing: Standing | undefined
  const signal = new AbortController().signal
  const options = { order, onTold: () => {}, slotWaitMs: UP_MS, timeoutMs: UP_MS, signal }
  await inFreeSlot(options, async (attempt) => {
    const child = start(attempt)
    const built = new Promise<Ended>((resolve) => {
      const onTold = (told: Told) => {
        if (told.told !== 'built') return
        const { hosts, kubeconfig } = told
        const holder = processOf(child.pid!)!
        const { userSpace } = attempt
        standing = { holder, userSpace, hosts: hosts.map(({ name }) => name), kubeconfig }
        letGo(child)
        resolve({ code: 0, greeted: true, words: '' })
      }
      void follow(child, { ...options, onTold }).then(resolve)
    })
    return built
  })
  return standing!
}

/** Tries slot after slot, until one is free and the attempt in it is over; throws where it went wrong. */
async function inFreeSlot(options: HolderOptions, run: (attempt: Attempt) => Promise<Ended>): Promise<void> {
  const deadline = performance.now() + options.slotWaitMs
  for (let round = 0; ; round++) {
    for (const slot of slotPaths()) {
      const ended = await withRights((userSpace) => run({ slot, userSpace, options }))
      if (ended.code !== SLOT_TAKEN || ended.greeted) return judgeEnd(ended)
    }
    if (performance.now() > deadline) throw allSlotsTaken()
    if (round === 0) options.onWait?.()
    await new Promise((resolve) => setTimeout(resolve, SLOT_POLL_MS))
  }
}

/** As root first with the rights that root has; a root without them (a container) may still have a user namespace. */
async function withRights(run: (userSpace: boolean) => Promise<Ended>): Promise<Ended> {
  const asRoot = process.getuid?.() === 0
  const first = await run(!asRoot)
  if (!asRoot || first.greeted || first.code === SLOT_TAKEN) return first
  return run(true)
}

function start({ slot, userSpace, options: { order } }: Attempt): ChildProcess {
  const lock = ['--no-fork', '--nonblock', '--conflict-exit-code', String(SLOT_TAKEN), slot]
  const dieWithUs = order.hold ? [] : ['setpriv', '--pdeathsig', 'KILL']
  const spaces = ['unshare', ...(userSpace ? ['-Ur'] : []), ...OWN_SPACES]
  const inner = [process.execPath, order.program, 'inside']
  return spawn('flock', [...lock, ...dieWithUs, ...spaces, ...inner], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    detached: order.hold,
    env: insideEnvironment(),
  })
}

function follow(child: ChildProcess, { order, onTold, timeoutMs, signal }: HolderOptions): Promise<Ended> {
  const state = { greeted: false, words: '' }
  const kill = () => child.kill('SIGKILL')
  const timer = setTimeout(() => {
    state.words += `It took longer than ${timeoutMs / 1000} s.`
    kill()
  }, timeoutMs)
  timer.unref()
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

/** Nothing of ours keeps hold of it, and it of nothing of ours. */
function letGo(child: ChildProcess): void {
  child.disconnect()
  child.stderr!.destroy()
  child.unref()
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

/**
 * Nothing of the caller's settings reaches the arpcheck inside, and what that remembers goes with the segment, whose own
 * /run is: a story means the same everywhere.
 */
function insideEnvironment(): NodeJS.ProcessEnv {
  const { PATH = '', LANG = 'C.UTF-8' } = process.env
  return { PATH: `${PATH}:/usr/sbin:/sbin`, LANG, HOME: '/run/home' }
}
