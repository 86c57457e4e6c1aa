import { openNative } from '../src/capture/native.ts'
import { ipv4Of } from '../src/core/ip.ts'
import { BROADCAST_MAC, parseMac } from '../src/core/mac.ts'
import { whoHasFrames } from '../src/core/questions.ts'
import { cable, inNamespaces, machine, MACS } from '../test/helpers/netns.ts'
import { costOf, nativeTool, pinned, publish, samplesInTurn } from './measure.ts'

// How many of 65,536 who-has a second leave, beside pcap_inject. The other end of the cable throws them away (ARP off): what it
// does with a frame happens on the sender's CPU. Each run is a process of its own on one CPU; only the sending is timed.
// Ours pass a tap, where the kernel stamps them: that is in it, and part of every round of ours.

const FRAMES = 65_536
const ROUNDS = 9

if (process.argv[2] === 'send') void sendAll()
else inNamespaces(() => void measure())

async function measure(): Promise<void> {
  const other = machine()
  cable('near', 'far')
  other.adopt('far')
  other.run('ip', 'link', 'set', 'far', 'up', 'arp', 'off')
  const own = [...pinned(1), process.execPath, process.argv[1]!, 'send']
  const theirs = [...pinned(1), nativeTool('inject'), 'near', String(FRAMES)]
  const rates = await samplesInTurn(ROUNDS, { ours: () => rateOf(own), pcap_inject: () => rateOf(theirs) })
  publish({
    key: 'send',
    unit: 'Mpps',
    goal: '≥ 1.3 ×',
    ours: rates.ours,
    peers: { pcap_inject: rates.pcap_inject },
  })
}

async function rateOf(command: readonly string[]): Promise<number> {
  const { status, stdout, stderr } = await costOf(command)
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`)
  return Number(stdout) / 1e6
}

async function sendAll(): Promise<void> {
  const capture = openNative(
    { device: 'near', filter: 'less 1' },
    { onFrames: () => {}, onTrouble: () => {} },
  )
  const ips = Array.from({ length: FRAMES }, (_, i) => ipv4Of(0x0a63_0000 + i))
  const plan = { mac: parseMac(MACS.near)!, senders: new Map(ips.map((ip) => [ip, ipv4Of(0x0a15_0001)])) }
  const batch = whoHasFrames(
    ips.map((ip) => ({ ip, to: BROADCAST_MAC })),
    plan,
  )
  const startMs = performance.now()
  await capture.send(batch)
  const seconds = (performance.now() - startMs) / 1e3
  process.stdout.write(`${Math.round(capture.statistics()!.sent / seconds)}\n`)
  capture.close()
}
