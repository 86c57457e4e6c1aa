import { openRecorder } from '../capture/recorder.ts'
import type { CheckEdges, CheckOptions } from '../check.ts'
import { ArpcheckError } from '../errors.ts'
import { capEdges, liveEdges } from '../live.ts'
import type { Settings } from './flags.ts'
import { saving } from './saving.ts'

/** A check that is ready to run, and what is left to do when it has. */
export interface Prepared {
  readonly options: CheckOptions
  readonly edges: CheckEdges
  /** What the person should know beforehand, a sentence each. */
  readonly notes: readonly string[]
  /** Frees what was opened. */
  readonly close: () => void
}

/** The edges that the flags ask for: this host or a capture file, with or without a recording. */
export async function prepare(
  options: CheckOptions,
  settings: Settings,
  onTrouble: (error: ArpcheckError) => void,
): Promise<Prepared> {
  if (settings.replay !== null) {
    if (settings.pcap !== null)
      throw new ArpcheckError(
        'usage',
        '--pcap and --replay exclude each other: the frames are in a file already.',
      )
    const { replay } = await import('./replay.ts')
    return { ...(await replay(settings.replay, options, settings.asker)), close: () => {} }
  }
  if (settings.asker !== null)
    throw new ArpcheckError('usage', '--asker tells whose place to take in a capture: it needs --replay.')
  const edges = settings.engine === 'cap' ? capEdges() : liveEdges()
  if (settings.pcap === null) return { options, edges, notes: [], close: () => {} }
  const recorder = openRecorder(settings.pcap, { onError: onTrouble })
  const asked = [...options.targets.map(({ vip }) => vip), ...options.mustBeFree]
  return { options, edges: saving(edges, recorder, asked), notes: [], close: () => recorder.close() }
}
