import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { ArpcheckError } from '../errors.ts'
import { CLIENT, hostsOf } from './hosts.ts'
import { play } from './play.ts'
import type { Order, Told } from './protocol.ts'
import { Recorder } from './recorder.ts'
import { BIN, buildSegment, portOf } from './segment.ts'
import { startSpeakers } from './speakers.ts'
import { parseStory } from './story.ts'
import { startWitness } from './witness.ts'

const INTERRUPTED = 130

/**
 * Process number 1 inside the holder: it builds, plays and tells, and when it ends the kernel takes the whole
 * segment away. It ends with its parent, except where it holds a segment for `lab up`.
 */
export function inside(): void {
  const leave = () => process.exit(INTERRUPTED)
  process.on('SIGINT', leave)
  process.on('SIGTERM', leave)
  process.once('disconnect', leave)
  process.once('message', (order: Order) => {
    if (order.hold) process.off('disconnect', leave)
    void obey(order).catch(async (error: unknown) => {
      await tell(errorTold(error))
      process.exit(1)
    })
  })
  void tell({ told: 'hello' })
}

async function obey(order: Order): Promise<void> {
  const story = parseStory(order.story, order.file)
  const hosts = hostsOf(story.hosts)
  const { timeScale } = story
  await buildSegment(hosts)
  const speakers = await startSpeakers(hosts, { program: order.program, seed: order.seed, timeScale })
  if (order.hold) linkProgram(order.arpcheck)
  await tell({ told: 'built', hosts })
  if (order.hold) return holdOn()
  const keep = (by: 'lab' | 'tcpdump') => (bytes: Uint8Array) => void tell({ told: 'pcap', by, bytes })
  const recorder = new Recorder(portOf(CLIENT), keep('lab'))
  const witness = order.witness ? await startWitness(portOf(CLIENT), keep('tcpdump')) : undefined
  const passed = await play(story, { hosts, speakers, recorder, order, tell })
  recorder.stop()
  await witness?.stop()
  await tell({ told: 'end', passed })
  process.exit(0)
}

/** `arpcheck` for the shells of a standing lab. */
function linkProgram(arpcheck: string): void {
  mkdirSync(BIN)
  symlinkSync(arpcheck, join(BIN, 'arpcheck'))
}

/** Keeps the segment until a signal ends this process. */
function holdOn(): void {
  setInterval(() => {}, 2 ** 30)
}

/** Resolves when the message is in the pipe, so that none is lost at the exit. */
function tell(told: Told): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(told, undefined, {}, () => resolve())
    else resolve()
  })
}

function errorTold(error: unknown): Told {
  if (!(error instanceof ArpcheckError)) throw error
  const { code, message, remedy } = error
  return { told: 'error', code, message, remedy }
}
