import { spawn } from 'node:child_process'

const START_MS = 5_000
const STOP_MS = 5_000

export interface Recorder {
  /** Ends the recording after the last frame that is already on the wire. */
  stop(): Promise<void>
}

/**
 * Records ARP on one switch port with tcpdump, an eye that is not our own. Null where it is not installed or may
 * not run: it gives up root for a user that a user namespace does not have.
 */
export async function startRecorder(
  port: string,
  onBytes: (bytes: Uint8Array) => void,
): Promise<Recorder | null> {
  const child = spawn('tcpdump', ['--immediate-mode', '-U', '-n', '-i', port, '-w', '-', 'arp'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.on('data', onBytes)
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const listening = new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false))
    child.once('exit', () => resolve(false))
    child.stderr.on('data', (words: Buffer) => words.includes('listening on') && resolve(true))
    setTimeout(() => resolve(false), START_MS).unref()
  })
  if (!(await listening)) {
    child.kill('SIGKILL')
    return null
  }
  return { stop: () => stop(child.kill.bind(child), closed) }
}

async function stop(kill: (signal: NodeJS.Signals) => boolean, closed: Promise<void>): Promise<void> {
  kill('SIGINT')
  const timer = setTimeout(() => kill('SIGKILL'), STOP_MS)
  await closed
  clearTimeout(timer)
}
