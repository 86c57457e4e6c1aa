import type { FindingCode } from '../../core/findings.ts'
import { FOREIGN } from './foreign.ts'
import { HERE } from './here.ts'
import { MOVES } from './moves.ts'
import { OWNER } from './owner.ts'
import { SEVERAL } from './several.ts'
import { SILENT } from './silent.ts'
import { SPEAKERS } from './speakers.ts'

/**
 * What lies behind a finding, and what to do. Issues stand as `metallb #1147`, those of other projects as
 * `owner/name#1147`; the page makes links of them. Two spaces stand before a command.
 */
export interface Advice {
  /** How arpcheck knows it: what was seen, and what is inferred. */
  readonly seen: string
  /** The most common first. */
  readonly causes: readonly string[]
  readonly confirm: readonly string[]
  /** From the mildest on. */
  readonly mend: readonly string[]
  /** Neighbours that it might be taken for, and what tells them apart. */
  readonly unlike?: readonly (readonly [FindingCode, string])[]
}

/** For each code; `arpcheck explain CODE` and docs/findings.md are made from this and from core's FINDINGS. */
export const ADVICE: Record<FindingCode, Advice> = {
  ...SILENT,
  ...OWNER,
  ...SEVERAL,
  ...FOREIGN,
  ...MOVES,
  ...SPEAKERS,
  ...HERE,
}
