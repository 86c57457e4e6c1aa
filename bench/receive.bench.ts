import { publish, samplesInTurn, tell } from './measure.ts'
import { benchReceivers, lossOf, measure, type Received, type Receiver } from './receivers.ts'

// What a reply costs the process that receives it, user and system time of all its threads, up to a decoded frame in
// JavaScript (cap: up to its event; tcpdump: up to /dev/null). Softirqs are not in it: they run beside the generator.

const ROUNDS = 5
const ADDRESSES = 4096
/** Replies a second, and for how many seconds. */
const RATES = [
  { perSecond: 2_000, seconds: 2, receivers: ['low-latency', 'cap'] },
  { perSecond: 50_000, seconds: 1, receivers: ['low-latency', 'high-rate', 'cap'] },
  { perSecond: 200_000, seconds: 1, receivers: ['low-latency', 'high-rate', 'cap', 'tcpdump'] },
  { perSecond: 1_000_000, seconds: 1, receivers: ['low-latency', 'high-rate', 'cap', 'tcpdump'] },
] as const satisfies readonly { perSecond: number; seconds: number; receivers: readonly Receiver[] }[]
/** The rate of the published cell; cap loses most of it, and is charged for what it got. */
const PUBLISHED = 1_000_000

benchReceivers(measureAll)

async function measureAll(): Promise<void> {
  for (const { perSecond, seconds, receivers } of RATES) {
    const offer = { replies: perSecond * seconds, perSecond, addresses: ADDRESSES }
    const subjects = receivers.map((receiver) => [receiver, () => measure(receiver, offer)] as const)
    const runs = await samplesInTurn<Receiver, Received>(ROUNDS, Object.fromEntries(subjects) as never)
    for (const receiver of receivers) tellReceiver(receiver, perSecond, runs)
    if (perSecond === PUBLISHED) publishCost(runs)
  }
}

function tellReceiver(receiver: Receiver, perSecond: number, runs: Record<Receiver, Received[]>): void {
  const name = (by: Receiver) => `${by}, ${perSecond} replies/s`
  tell({ name: name(receiver), unit: 'us', samples: costs(runs[receiver]), against: name('cap') })
  const losses = runs[receiver].map((run) => (100 * lossOf(run)) / run.offered)
  if (losses.some((loss) => loss > 0)) tell({ name: '  lost', unit: '%', samples: losses })
}

function publishCost(runs: Record<Receiver, Received[]>): void {
  const peers = { cap: costs(runs.cap), tcpdump: costs(runs.tcpdump) }
  const goal = '≤ 0.12 us, ≤ 0.1 × cap; low-latency ≤ 0.25 us'
  publish({ key: 'receive-cost', unit: 'us', ours: costs(runs['high-rate']), peers, goal })
}

function costs(runs: readonly Received[]): number[] {
  return runs.map(({ frames, cpuUs }) => cpuUs / frames)
}
