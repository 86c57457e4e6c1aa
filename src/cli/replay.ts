import { basename } from 'node:path'
import { readCaptureFile, type CaptureFile } from '../capture/capturefile.ts'
import { problemText } from '../capture/fileerrors.ts'
import { openReplay } from '../capture/replay.ts'
import type { CheckEdges, CheckOptions } from '../check.ts'
import type { Clock } from '../clock.ts'
import { askerOf, type Asker } from '../core/asker.ts'
import type { Ip } from '../core/ip.ts'
import type { Mac } from '../core/mac.ts'
import { readNote } from '../core/note.ts'
import { cutShort, hostInCapture, type Place } from '../core/replayed.ts'
import { ArpcheckError } from '../errors.ts'
import { elapsed } from './screens/units.ts'

/** A check that asks a capture file instead of the wire. */
export interface Replayed {
  readonly options: CheckOptions
  readonly edges: CheckEdges
  /** What the file cannot tell, a sentence each. */
  readonly notes: readonly string[]
}

interface How {
  /** Whose place to take; null: whoever asks. */
  readonly asker: Mac | null
  /** The file is open, and none of it has been read. */
  readonly onOpened?: () => void
}

/** Reads `path` and takes the place of whoever asks in it. Throws an ArpcheckError where nothing can be judged. */
export async function replay(
  path: string,
  options: CheckOptions,
  { asker, onOpened = () => {} }: How,
): Promise<Replayed> {
  const [wanted, ...more] = options.interfaces
  if (more.length > 0) throw new ArpcheckError('usage', '--replay judges one interface: give --iface once.')
  const file = await readCaptureFile(path, { onOpened, ...(wanted !== undefined && { interface: wanted }) })
  const targets = [...options.targets.map(({ vip }) => vip), ...options.mustBeFree]
  const who = whoAsked(file, targets, asker)
  const name = file.interface ?? 'capture'
  const facts = hostInCapture(file.frames, who, new Set(targets), placeOf(file, name, who))
  const timeoutNs = BigInt(options.timeoutMs) * 1_000_000n
  const cut = cutShort(file.frames, who, { endNs: file.endNs, timeoutNs })
  const judged = (ip: Ip) => who.senders.has(ip) && !cut.includes(ip)
  const asked = options.targets.filter(({ vip }) => judged(vip))
  if (asked.length === 0 && cut.length > 0) throw endsTooEarly(path, options)
  return {
    options: {
      ...options,
      targets: asked,
      mustBeFree: options.mustBeFree.filter(judged),
      interfaces: [name],
      senders: sendersOf(file, who, [...targets, ...facts.gateways.map(({ ip }) => ip)]),
      count: 1,
      sweep: false,
    },
    edges: {
      clock: clockOf(who),
      hostFacts: () => facts,
      openCapture: (_name, _frames, events) => openReplay(file, events),
    },
    notes: [...fileNotes(file), ...leftOut(targets, who, cut)],
  }
}

/** The host that captured speaks for itself, if it is the one that asked. */
function placeOf({ path, mac, addresses, comment }: CaptureFile, name: string, who: Asker): Place {
  const place = { hostname: basename(path), interface: name }
  if (mac !== who.mac) return { ...place, addresses: [], note: null }
  return { ...place, addresses, note: comment === null ? null : readNote(comment) }
}

/** Sender addresses of all that was asked for, the gateways among them. */
function sendersOf({ frames }: CaptureFile, { mac, senders }: Asker, ips: readonly Ip[]): Asker['senders'] {
  const all = askerOf(frames, ips, mac)
  return 'problem' in all ? senders : all.senders
}

/** The MAC that was given, else that of the interface if it asks, else whoever asks most. */
function whoAsked({ path, frames, mac: own }: CaptureFile, targets: readonly Ip[], mac: Mac | null): Asker {
  const byFile = mac === null && own !== null ? askerOf(frames, targets, own) : null
  const asker = byFile && !('problem' in byFile) ? byFile : askerOf(frames, targets, mac ?? undefined)
  if (!('problem' in asker)) return asker
  if (asker.problem === 'nobody-asks') {
    const whom = mac === null ? 'nobody asks' : `${mac} does not ask`
    throw new ArpcheckError(
      'bad-capture-file',
      `${path} cannot be judged: ${whom} for ${named(targets)} in it.`,
      {
        remedy: ['Save one while asking:  arpcheck --pcap FILE ADDRESS'],
      },
    )
  }
  const macs = asker.candidates.map((candidate) => candidate.mac)
  throw new ArpcheckError('usage', `In ${path} several hosts ask alike: ${macs.join(', ')}.`, {
    remedy: [`Say whose place to take:  --asker ${macs[0]}`],
  })
}

function endsTooEarly(path: string, { targets, timeoutMs }: CheckOptions): ArpcheckError {
  const vips = named(targets.map(({ vip }) => vip))
  const message = `${path} cannot be judged: it ends less than ${elapsed(timeoutMs)} after the first question for ${vips}.`
  return new ArpcheckError('bad-capture-file', message, {
    remedy: ['Give the answers less time:  --timeout 200ms'],
  })
}

/** The report's time is the capture's: from the first question to the last. */
function clockOf({ firstNs, lastNs }: Asker): Clock {
  const spanMs = firstNs === null || lastNs === null ? 0 : Number(lastNs - firstNs) / 1e6
  let isOver = false
  return {
    wallNs: () => firstNs ?? 0n,
    monotonicMs: () => (isOver ? spanMs : 0),
    sleep: async () => {
      isOver = true
    },
  }
}

function fileNotes({ path, problem }: CaptureFile): string[] {
  return problem ? [`${path} was not read to its end: ${problemText(problem)}.`] : []
}

function leftOut(targets: readonly Ip[], { senders, mac }: Asker, cut: readonly Ip[]): string[] {
  const unasked = targets.filter((ip) => !senders.has(ip))
  return [
    ...(unasked.length > 0 ? [`${mac} does not ask for ${named(unasked)} in this capture: left out.`] : []),
    ...(cut.length > 0 ? [`The capture ends before ${named(cut)} could answer: left out.`] : []),
  ]
}

function named(ips: readonly Ip[]): string {
  return ips.length > 3 ? `${ips.slice(0, 3).join(', ')} and ${ips.length - 3} more` : ips.join(', ')
}
