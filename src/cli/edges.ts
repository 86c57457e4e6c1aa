import type { CheckEdges } from '../check.ts'
import { ArpcheckError } from '../errors.ts'
import { liveEdges } from '../live.ts'
import type { Settings } from './flags.ts'

/** The edges of a check as the flags want them. */
export function edgesFor(settings: Pick<Settings, 'engine' | 'pcap' | 'replay'>): CheckEdges {
  for (const name of ['pcap', 'replay'] as const)
    if (settings[name] !== null) throw new ArpcheckError('usage', `This build cannot do --${name} yet.`)
  if (settings.engine === 'native') return liveEdges()
  throw new ArpcheckError('engine-unavailable', 'This build has no capture engine named cap.', {
    remedy: ['Leave --engine out: the native engine is the default.'],
  })
}
