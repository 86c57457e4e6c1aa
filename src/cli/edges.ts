import { openRecorder } from '../capture/recorder.ts'
import type { CheckEdges, CheckOptions } from '../check.ts'
import { ArpcheckError } from '../errors.ts'
import { capEdges, liveEdges } from '../live.ts'
import type { LiveCluster } from '../live-cluster.ts'
import { findCluster } from './cluster.ts'
import { sealed, sealNow } from './sealing.ts'
import type { Settings } from './flags.ts'
import type { World } from './streams.ts'
import { saving } from './saving.ts'

/** A check that is ready to run, and what is left to do when it has. */
export interface Prepared {
  readonly options: CheckOptions
  readonly edges: CheckEdges
  /** Null where addresses are judged by what was given with them. */
  readonly cluster: LiveCluster | null
  /** What the person should know beforehand, a sentence each. */
  readonly notes: readonly string[]
  /** Frees what was opened. */
  readonly close: () => Promise<void>
}

/** The edges that the flags ask for: this host or a capture file, a cluster or none, with or without a recording. */
export async function prepare(
  options: CheckOptions,
  settings: Settings,
  { world, onTrouble }: { world: World; onTrouble: (error: ArpcheckError) => void },
): Promise<Prepared> {
  refuseMixtures(settings)
  const found = await findCluster(options, settings, world)
  if (settings.replay !== null) {
    const { replay } = await import('./replay.ts')
    const replayed = await replay(settings.replay, options, {
      asker: settings.asker,
      onOpened: () => sealNow(settings, world),
    })
    return { ...found, ...replayed, close: async () => {} }
  }
  const live = settings.engine === 'cap' ? capEdges() : liveEdges()
  const { edges, close } = sealed(live, settings, { world, withEcho: found.cluster !== null })
  const recorder = settings.pcap === null ? null : openRecorder(settings.pcap, { onError: onTrouble })
  const asked = [...options.targets.map(({ vip }) => vip), ...options.mustBeFree]
  return {
    ...found,
    options,
    edges: recorder ? saving(edges, recorder, asked) : edges,
    close: async () => {
      recorder?.close()
      close()
      await found.cluster?.close()
    },
  }
}

function refuseMixtures({ replay, pcap, asker }: Settings): void {
  if (replay !== null && pcap !== null)
    throw new ArpcheckError(
      'usage',
      '--pcap and --replay exclude each other: the frames are in a file already.',
    )
  if (replay === null && asker !== null)
    throw new ArpcheckError('usage', '--asker tells whose place to take in a capture: it needs --replay.')
}
