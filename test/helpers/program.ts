import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'

/** The built program. */
export const PROGRAM = join(process.cwd(), 'dist/arpcheck.js')

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program without holding up this process, which may be the server that it asks. */
export function runProgram(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  onStart: (child: ChildProcess) => void = () => {},
  before: readonly string[] = [],
): Promise<Ran> {
  const { PATH = '' } = process.env
  const [command, ...words] = [...before, process.execPath, PROGRAM, ...argv]
  const child = spawn(command!, words, {
    env: { PATH, LANG: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()))
  onStart(child)
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, ...text }))
  })
}
