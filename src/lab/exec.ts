import { execFile } from 'node:child_process'
import { ArpcheckError } from '../errors.ts'

export interface Finished {
  /** Exit code; null when a signal or the time limit ended the process. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ExecOptions {
  readonly input?: string
  /** Milliseconds after which the process is killed. */
  readonly timeoutMs?: number
  /** Added to the environment. */
  readonly env?: NodeJS.ProcessEnv
}

const DEFAULT_TIMEOUT_MS = 10_000
const OUTPUT_BYTES = 16 * 1024 * 1024

/** Runs a program to its end, without a shell, bounded in time and output; only a program that cannot start throws. */
export function exec(file: string, args: readonly string[], options: ExecOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const settings = {
      env: { ...process.env, ...options.env },
      timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: OUTPUT_BYTES,
    } as const
    const child = execFile(file, args, settings, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') return reject(missingTool(file, error))
      const code = error ? (typeof error.code === 'number' ? error.code : null) : 0
      resolve({ code, stdout, stderr })
    })
    // A program that ends before it has read its input is told by its exit code, not by EPIPE.
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input ?? '')
  })
}

/** Like `exec`, for programs of the lab's own making: any failure is one, told with the program's last words. */
export async function must(
  file: string,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await exec(file, args, options)
  if (code === 0) return stdout
  const words = stderr.trim() || (code === null ? 'it did not end in time' : `exit code ${code}`)
  throw new ArpcheckError('lab-unavailable', `The lab could not run ${[file, ...args].join(' ')}: ${words}`)
}

export function missingTool(file: string, cause: unknown): ArpcheckError {
  return new ArpcheckError('lab-unavailable', `The lab needs the program ${file}, which is not installed.`, {
    remedy: ['apt-get install util-linux iproute2     (Debian, Ubuntu; the names are the same elsewhere)'],
    cause,
  })
}
