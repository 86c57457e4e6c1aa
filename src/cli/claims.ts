import type { CheckEdges } from '../check.ts'
import type { SpeakerClaims } from '../speaker-claims.ts'
import type { Settings } from './flags.ts'

/** `--speaker-metrics`: what a check takes of the speakers' claims. */
export function readClaimsFor(
  { read }: SpeakerClaims,
  wanted: Settings['speaker-metrics'],
): Pick<CheckEdges, 'readClaims'> {
  return wanted ? { readClaims: read } : {}
}
