import { publish, samplesInTurn, tell } from './measure.ts'
import { benchReceivers, lossOf, measure, type Offer, type Received } from './receivers.ts'

// What is lost of 200,000 replies a second while JavaScript is busy for a second, and while the whole process is stopped
// for 300 ms: 65,536 addresses, so that few of them can be folded.

const ROUNDS = 5
const OFFER = { replies: 240_000, perSecond: 200_000, addresses: 65_536 }
const SUBJECTS = ['low-latency', 'high-rate', 'cap'] as const
type Subject = (typeof SUBJECTS)[number]
const STALLS = {
  'javascript-blocked': 'JavaScript blocked for 1 s',
  'process-stopped': 'process stopped for 300 ms',
} as const satisfies Record<NonNullable<Offer['stall']>, string>

benchReceivers(measureAll)

async function measureAll(): Promise<void> {
  const blocked = await lossesIn('javascript-blocked')
  const stopped = await lossesIn('process-stopped')
  const both = (subject: Subject) => blocked[subject].map((lost, i) => lost + stopped[subject][i]!)
  publish({
    key: 'stall',
    unit: 'lost',
    ours: both('low-latency'),
    peers: { cap: both('cap') },
    goal: '0 lost in both',
  })
}

async function lossesIn(stall: NonNullable<Offer['stall']>): Promise<Record<Subject, number[]>> {
  const subject = (receiver: Subject) => async () => measure(receiver, { ...OFFER, stall })
  const runs = await samplesInTurn<Subject, Received>(ROUNDS, {
    'low-latency': subject('low-latency'),
    'high-rate': subject('high-rate'),
    cap: subject('cap'),
  })
  const losses = (receiver: Subject) => runs[receiver].map(lossOf)
  for (const receiver of SUBJECTS)
    tell({ name: `${STALLS[stall]}, ${receiver}`, unit: 'lost', samples: losses(receiver) })
  tell({
    name: '  offered a second meanwhile',
    unit: '',
    samples: SUBJECTS.flatMap((receiver) => runs[receiver].map(({ offeredPerSecond }) => offeredPerSecond)),
  })
  return { 'low-latency': losses('low-latency'), 'high-rate': losses('high-rate'), cap: losses('cap') }
}
