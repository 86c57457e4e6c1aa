import { crowd } from '../test/helpers/crowd.ts'
import { inNamespaces } from '../test/helpers/netns.ts'
import { costOf, isInstalled, publish, samplesInTurn, tell, type Cost } from './measure.ts'

// From exec to exit: 4,096 addresses that a kernel answers for are asked, judged and told; beside arp-scan at full speed.
// Nobody is pinned.

const ROUNDS = 11
const NETWORK = '10.20.0.0/20'
const OURS = [
  'dist/arpcheck.js',
  '--no-kube',
  '--iface',
  'eno1',
  '--rate',
  'max',
  '--sweep',
  '--quiet',
  NETWORK,
]
const ARP_SCAN = ['arp-scan', '--interface=eno1', '--retry=1', '--bandwidth=500M', '--quiet', NETWORK]

inNamespaces(() => void measure())

async function measure(): Promise<void> {
  crowd()
  const costs: Cost[] = []
  const ours = async (): Promise<number> =>
    costs[costs.push(await whole([process.execPath, ...OURS])) - 1]!.wallMs
  const subjects: Record<string, () => Promise<number>> = {
    ours,
    ...(isInstalled('arp-scan') && { 'arp-scan': async () => (await whole(ARP_SCAN)).wallMs }),
  }
  const { ours: samples = [], ...peers } = await samplesInTurn(ROUNDS, subjects)
  publish({ key: 'process-4096', unit: 'ms', goal: '≤ 1 ×', ours: samples, peers })
  tell({
    name: '  our CPU time',
    unit: 'ms',
    samples: costs.map(({ userMs, systemMs }) => userMs + systemMs),
  })
  tell({ name: '  our memory', unit: 'MB', samples: costs.map(({ memoryMb }) => memoryMb) })
}

async function whole(command: readonly string[]): Promise<Cost> {
  const cost = await costOf(command)
  if (cost.status !== 0) throw new Error(`${command.join(' ')}: ${cost.stderr}`)
  return cost
}
