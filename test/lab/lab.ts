import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { StoryResult } from '../../src/lab/run.ts'

/** The working directory of every test run is the repository. */
export const LAB = resolve('dist/lab.js')
const ARPCHECK = resolve('dist/arpcheck.js')

/** Who runs the lab: whoever runs the tests, and where that is root an ordinary user as well. */
export const USERS = process.getuid?.() === 0 ? (['root', 'nobody'] as const) : (['this user'] as const)
export type User = (typeof USERS)[number]

const AS_NOBODY = ['--reuid', '65534', '--regid', '65534', '--clear-groups']
/** Others may have the labs of this machine first. */
const LIMIT_MS = 230_000

/** Program and arguments that run `args` of the lab as that user. */
export function labCommand(user: User, args: readonly string[]): [string, string[]] {
  return as(user, process.execPath, [LAB, ...args])
}

function as(user: User, file: string, args: string[]): [string, string[]] {
  return user === 'nobody' ? ['setpriv', [...AS_NOBODY, file, ...args]] : [file, args]
}

/** Why no lab can run here, with the remedy; false where it can. */
export function skipReason(user: User): string | false {
  if (!existsSync(ARPCHECK)) return 'dist/arpcheck.js is missing: npm run build'
  const spaces = user === 'root' ? ['-nmpf'] : ['-Urnmpf']
  const [file, rest] = as(user, 'unshare', [...spaces, '--mount-proc', 'true'])
  const { status, stderr } = spawnSync(file, rest, { encoding: 'utf8' })
  if (status === 0) return false
  return `namespaces are not allowed (${stderr?.trim()}): run as root, or allow user namespaces`
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export function runLab(user: User, args: readonly string[]): Promise<Ran> {
  return execute(...labCommand(user, args))
}

/** As an ordinary user for whom the kernel's limit below /proc/sys is 0: in a user namespace, where it binds nobody else. */
export function runLabWithin(limit: string, args: readonly string[]): Promise<Ran> {
  const script = 'echo 0 >"/proc/sys/$0" && exec setpriv --bounding-set -all --inh-caps -all "$@"'
  return execute('unshare', ['-Ur', 'sh', '-c', script, limit, process.execPath, LAB, ...args])
}

function execute(file: string, rest: string[]): Promise<Ran> {
  return new Promise((done) => {
    execFile(file, rest, { timeout: LIMIT_MS, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      done({ code: error ? (typeof error.code === 'number' ? error.code : null) : 0, stdout, stderr })
    })
  })
}

/** Plays one story and returns its result; throws with the lab's own words where it could not be played. */
export async function playStory(user: User, story: string, ...more: string[]): Promise<StoryResult> {
  const kept = ['--keep-failure', keepingFolder()]
  const { stdout, stderr } = await runLab(user, ['run', story, '-o', 'json', ...kept, ...more])
  try {
    const [result] = JSON.parse(stdout) as StoryResult[]
    return result!
  } catch {
    throw new Error(`the lab said: ${stderr || stdout}`)
  }
}

/** What did not hold, for the message of a failed test. */
export function failures({ runs, error, keptIn }: StoryResult): string {
  const wrong = runs.flatMap(({ checks }) => checks.filter(({ ok }) => !ok).map(({ text }) => text))
  const shown = wrong.length > 0 ? runs.map((run) => run.shown) : []
  return [...wrong, error ?? '', ...shown, `kept in ${keptIn}`].filter(Boolean).join('\n')
}

let folder: string | undefined

/** A folder that any user may write to. It stays after the tests only where a failed story left something in it. */
export function keepingFolder(): string {
  if (folder) return folder
  const made = mkdtempSync(join(tmpdir(), 'arpcheck-lab-test-'))
  chmodSync(made, 0o777)
  process.once('exit', () => {
    if (existsSync(made) && readdirSync(made).length === 0) rmdirSync(made)
  })
  return (folder = made)
}
