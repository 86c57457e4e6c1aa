import { writeFileSync } from 'node:fs'
import { ipCommand } from '../test/helpers/netns.ts'
import { median, publish, tell } from './measure.ts'
import { lossPlot, type Curve } from './loss-plot.ts'
import { benchReceivers, lossOf, measure, type Received, type Receiver } from './receivers.ts'

// The highest rate of replies that nobody loses: first what each receiver loses at rising rates (bench/loss.svg), then ten
// seconds at the rates that are left, from the fastest that the generator offers downwards, until five runs lose nothing.

const ROUNDS = 5
const SECONDS = 10
const CURVE = { rounds: 3, seconds: 1, rates: [50, 100, 200, 400, 800, 1488, 0] }
const RECEIVERS = ['low-latency', 'high-rate', 'cap', 'tcpdump'] as const
/** Those that the ten seconds are measured of. */
const MEASURED = ['high-rate', 'tcpdump', 'cap'] as const
/** Thousands a second; 0 is as fast as the generator goes. */
const LADDER = [0, 1488, 1300, 1200, 1100, 1000, 900, 800, 600, 400, 200, 100, 50]
const ADDRESSES = 4096
/** As much as its own engines take: what waits while the receiver is off its CPU. */
const OPTIONS = { kernelBufferBytes: 64 * 2 ** 20 }

benchReceivers(measureAll)

async function measureAll(): Promise<void> {
  const curves = await lossCurves()
  writeFileSync('bench/loss.svg', lossPlot(curves))
  const found: Partial<Record<Receiver, Received[]>> = {}
  for (const receiver of MEASURED)
    found[receiver] = await highestRate(receiver, 'on', startOf(receiver, curves))
  const rates = (receiver: Receiver) => mpps(found[receiver]!)
  const peers = { tcpdump: rates('tcpdump'), cap: rates('cap') }
  const goal = '≥ 1.0 Mpps'
  publish({ key: 'receive-rate', unit: 'Mpps', ours: rates('high-rate'), peers, goal })
  ipCommand('link set near arp off')
  for (const receiver of ['high-rate', 'tcpdump'] as const) await highestRate(receiver, 'off', LADDER)
}

async function lossCurves(): Promise<Curve[]> {
  const curves: Curve[] = RECEIVERS.map((receiver) => ({ name: receiver, points: [] }))
  for (const rate of CURVE.rates)
    for (const [i, receiver] of RECEIVERS.entries()) {
      const runs = await repeated(CURVE.rounds, receiver, rate, CURVE.seconds)
      const loss = runs.map((run) => (100 * lossOf(run)) / run.offered)
      const mppsOffered = median(mpps(runs))
      curves[i]!.points.push({ mpps: mppsOffered, lostPercent: median(loss) })
      tell({ name: `${receiver}, ${mppsOffered.toFixed(2)} Mpps offered: lost`, unit: '%', samples: loss })
    }
  return curves
}

/** From the fastest rate at which a second lost nothing: ten will not lose less. */
function startOf(receiver: Receiver, curves: readonly Curve[]): number[] {
  const { points } = curves.find(({ name }) => name === receiver)!
  const clean = CURVE.rates.filter((_, i) => points[i]!.lostPercent === 0)
  const fastest = clean.includes(0) ? Infinity : Math.max(0, ...clean)
  return LADDER.filter((rate) => (rate || Infinity) <= fastest)
}

/** The runs at the highest rate at which all of them lost nothing; where there is none, those at the lowest. */
async function highestRate(
  receiver: Receiver,
  arp: 'on' | 'off',
  ladder: readonly number[],
): Promise<Received[]> {
  let runs: Received[] = []
  for (const rate of ladder) {
    runs = await cleanRuns(receiver, rate)
    if (runs.every((run) => lossOf(run) === 0)) break
  }
  const clean = runs.length > 0 && runs.every((run) => lossOf(run) === 0)
  const name = `${receiver}, 10 s, kernel's ARP ${arp}: ${clean ? 'none' : 'some'} lost`
  tell({ name, unit: 'Mpps', samples: runs.length > 0 ? mpps(runs) : [0] })
  return clean ? runs : [NOTHING]
}

/** Until one loses. */
async function cleanRuns(receiver: Receiver, rate: number): Promise<Received[]> {
  const runs: Received[] = []
  for (let round = 0; round < ROUNDS && runs.every((run) => lossOf(run) === 0); round++)
    runs.push(...(await repeated(1, receiver, rate, SECONDS)))
  return runs
}

async function repeated(
  rounds: number,
  receiver: Receiver,
  rate: number,
  seconds: number,
): Promise<Received[]> {
  const runs: Received[] = []
  const replies = (rate || FASTEST) * 1000 * seconds
  const offer = { replies, perSecond: rate * 1000, addresses: ADDRESSES, seconds, options: OPTIONS }
  for (let i = 0; i < rounds; i++) runs.push(await measure(receiver, offer))
  return runs
}

/** More than the generator reaches: the seconds end it. */
const FASTEST = 10_000
const NOTHING: Received = { offered: 0, offeredPerSecond: 0, frames: 0, cpuUs: 0, drops: null }

function mpps(runs: readonly Received[]): number[] {
  return runs.map(({ offeredPerSecond }) => offeredPerSecond / 1e6)
}
