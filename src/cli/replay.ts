import { basename } from 'node:path'
import { readCaptureFile, type CaptureFile } from '../capture/capturefile.ts'
import { problemText } from '../capture/fileerrors.ts'
import { openReplay } from '../capture/replay.ts'
import type { CheckEdges, CheckOptions } from '../check.ts'
import type { Clock } from '../clock.ts'
import { askerOf, type Asker } from '../core/asker.ts'
import type { Ip } from '../core/ip.ts'
import type { Mac } from '../core/mac.ts'
import { hostInCapture } from '../core/replayed.ts'
import { ArpcheckError } from '../errors.ts'

/** A check that asks a capture file instead of the wire. */
export interface Replayed {
  readonly options: CheckOptions
  readonly edges: CheckEdges
  /** What the file cannot tell, a sentence each. */
  readonly notes: readonly string[]
}

/** Reads `path` and takes the place of whoever asks in it. Throws an ArpcheckError where nothing can be judged. */
export async function replay(path: string, options: CheckOptions, asker: Mac | null): Promise<Replayed> {
  const [wanted, ...more] = options.interfaces
  if (more.length > 0) throw new ArpcheckError('usage', '--replay judges one interface: give --iface once.')
  const file = await readCaptureFile(path, wanted === undefined ? {} : { interface: wanted })
  const targets = [...options.targets.map(({ vip }) => vip), ...options.mustBeFree]
  const who = whoAsked(file, targets, asker)
  const place = { hostname: basename(path), interface: file.interface ?? 'capture' }
  const facts = hostInCapture(file.frames, who, new Set(targets), place)
  const asked = options.targets.filter(({ vip }) => who.senders.has(vip))
  return {
    options: { ...options, targets: asked, interfaces: [place.interface], senders: who.senders, count: 1 },
    edges: {
      clock: clockOf(who),
      hostFacts: () => facts,
      openCapture: (_name, _frames, events) => openReplay(file, events),
    },
    notes: [...fileNotes(file), ...unaskedNotes(options, asked.length, who)],
  }
}

function whoAsked({ path, frames }: CaptureFile, targets: readonly Ip[], mac: Mac | null): Asker {
  const asker = askerOf(frames, targets, mac ?? undefined)
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

function unaskedNotes({ targets }: CheckOptions, asked: number, { senders, mac }: Asker): string[] {
  if (asked === targets.length) return []
  const left = targets.map(({ vip }) => vip).filter((vip) => !senders.has(vip))
  return [`${mac} does not ask for ${named(left)} in this capture: left out.`]
}

function named(ips: readonly Ip[]): string {
  return ips.length > 3 ? `${ips.slice(0, 3).join(', ')} and ${ips.length - 3} more` : ips.join(', ')
}
