import { ArpcheckError, reasonOf } from '../errors.ts'
import type { CaptureFile } from './capturefile.ts'

type Problem = NonNullable<CaptureFile['problem']>

const PROBLEMS: Readonly<Record<Problem, string>> = {
  'not-a-capture': 'it is neither a pcap nor a pcapng file (a compressed one must be unpacked first)',
  'unsupported-version': 'its version of the format is not known here',
  truncated: 'it is cut off',
  'bad-length': 'it is damaged: a length in it leads nowhere',
  'too-many-interfaces': 'it names more than 4,096 interfaces',
  'too-many-frames': 'it holds more than a million ARP frames',
  'too-large': 'it is larger than 4 GiB',
}

const CAPTURE_ARP = 'Capture ARP on one interface: tcpdump -i eno1 -w FILE arp'

/** Why the reading of a file ended early, as a clause. */
export function problemText(problem: Problem): string {
  return PROBLEMS[problem]
}

export function cannotRead(path: string, cause: unknown): ArpcheckError {
  const remedy = ['Look at its name and its permissions: ls -l']
  return new ArpcheckError('bad-capture-file', `${path} cannot be read: ${reasonOf(cause)}.`, {
    remedy,
    cause,
  })
}

/** No ARP frame was found: because of what the file is, or of what it holds instead. */
export function nothingToJudge(
  path: string,
  problem: CaptureFile['problem'],
  ignored: Readonly<Record<string, number>>,
): ArpcheckError {
  const others = Object.entries(ignored).map(([reason, count]) => `${count} ${reason}`)
  const why = problem ? PROBLEMS[problem] : 'it holds no ARP frame'
  const instead = others.length > 0 ? ` (set aside: ${others.join(', ')})` : ''
  const cooked = 'linux-cooked' in ignored
  return new ArpcheckError('bad-capture-file', `${path} cannot be judged: ${why}${instead}.`, {
    remedy: cooked ? [CAPTURE_ARP, '-i any loses the Ethernet header.'] : [CAPTURE_ARP],
  })
}

export function severalInterfaces(path: string, labels: readonly string[]): ArpcheckError {
  return new ArpcheckError('usage', `${path} holds ARP of several interfaces: ${labels.join(', ')}.`, {
    remedy: [`Say which one to judge: --iface ${labels[0]}`],
  })
}

export function noSuchInterface(path: string, name: string, labels: readonly string[]): ArpcheckError {
  return new ArpcheckError(
    'no-such-interface',
    `${path} holds no ARP of ${name}, but of ${labels.join(', ')}.`,
    {
      remedy: [`Name one of them: --iface ${labels[0]}`],
    },
  )
}
