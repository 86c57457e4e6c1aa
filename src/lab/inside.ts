import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { ArpcheckError } from '../errors.ts'
import { makeKeys } from './api/certificates.ts'
import { KUBECONFIG } from './cluster/api.ts'
import { LabCluster } from './cluster/cluster.ts'
import { withNodes } from './cluster/hosts.ts'
import { nodeNames } from './cluster/moment.ts'
import { Daemons } from './daemons.ts'
import { CLIENT, hostsOf, type LabHost } from './hosts.ts'
import { play } from './play.ts'
import type { Order, Told } from './protocol.ts'
import { Recorder } from './recorder.ts'
import { BIN, buildSegment, portOf } from './segment.ts'
import { startSpeakers } from './speakers.ts'
import type { Story } from './shape.ts'
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
  const { timeScale } = story
  const plain = hostsOf(story.hosts)
  const hosts = story.cluster ? withNodes(plain, story.cluster) : plain
  const keys = story.cluster && makeKeys()
  await buildSegment(hosts)
  const cluster = story.cluster ? new LabCluster(story.cluster, hosts, timeScale) : null
  const [speakers] = await Promise.all([
    startSpeakers(cluster?.equipped() ?? hosts, { program: order.program, seed: order.seed, timeScale }),
    keys && cluster?.openApi({ keys, seed: order.seed, as: readerOf(story) }),
  ])
  await cluster?.lead(speakers)
  const daemons = daemonsOf(story, hosts, order)
  if (order.hold) linkProgram(order.arpcheck)
  await tell({ told: 'built', hosts, kubeconfig: cluster && KUBECONFIG })
  if (order.hold) return holdOn()
  const keep = (by: 'lab' | 'tcpdump') => (bytes: Uint8Array) => void tell({ told: 'pcap', by, bytes })
  const recorder = new Recorder(portOf(CLIENT), keep('lab'))
  const witness = order.witness ? await startWitness(portOf(CLIENT), keep('tcpdump')) : undefined
  const passed = await play(story, { hosts, speakers, cluster, recorder, daemons, order, tell })
  await daemons?.stop()
  recorder.stop()
  await witness?.stop()
  await tell({ told: 'end', passed })
  process.exit(0)
}

/** One on each node, where the story has daemons at all. */
function daemonsOf({ cluster }: Story, hosts: readonly LabHost[], { arpcheck }: Order): Daemons | null {
  if (!cluster || cluster.daemons === false) return null
  const args = cluster.daemons === true ? [] : cluster.daemons
  const names = nodeNames(
    cluster,
    hosts.map(({ name }) => name),
  )
  const nodes = hosts.filter(({ name }) => names.includes(name))
  return new Daemons(nodes, { arpcheck, args, kubeconfig: KUBECONFIG, tell })
}

/** The administrator, unless something is denied, now or later. */
function readerOf({ cluster, steps }: Story): 'admin' | 'user' {
  const changes = steps.flatMap((step) => [step, ...(step.while ?? [])]).map((act) => act.cluster ?? {})
  const denies = (cluster?.denied.length ?? 0) > 0 || changes.some((change) => 'denied' in change)
  return denies ? 'user' : 'admin'
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
