import { spawn } from 'node:child_process'
import { ArpcheckError } from '../errors.ts'

const START_MS = 10_000
const STOP_MS = 5_000

export interface Witness {
  /** Ends the recording after the last frame that is already on the wire. */
  stop(): Promise<void>
}

/** Records ARP on one switch port with tcpdump: an eye that is not our own. Needs root, which tcpdump gives up. */
export async function startWitness(port: string, onBytes: (bytes: Uint8Array) => void): Promise<Witness> {
  const child = spawn('tcpdump', ['--immediate-mode', '-U', '-n', '-i', port, '-w', '-', 'arp'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let words = ''
  child.stdout.on('data', onBytes)
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const listening = new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false))
    child.once('exit', () => resolve(false))
    child.stderr.on('data', (text: Buffer) => (words += text).includes('listening on') && resolve(true))
    setTimeout(() => resolve(false), START_MS).unref()
  })
  if (!(await listening)) {
    child.kill('SIGKILL')
    throw new ArpcheckError(
      'lab-unavailable',
      `tcpdump did not start: ${words.trim() || 'is it installed?'}`,
      {
        remedy: ['Without --tcpdump the lab needs neither it nor root.'],
      },
    )
  }
  return { stop: () => stop((signal) => child.kill(signal), closed) }
}

async function stop(kill: (signal: NodeJS.Signals) => void, closed: Promise<void>): Promise<void> {
  kill('SIGINT')
  const timer = setTimeout(() => kill('SIGKILL'), STOP_MS)
  await closed
  clearTimeout(timer)
}
