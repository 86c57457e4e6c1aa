import { merged } from '../api/write.ts'
import { storyShape, type Story } from '../shape.ts'
import { endingOf } from './ending.ts'
import { scenesOf, type Scene } from './scene.ts'

/** A story in the making: as it will be written down. */
export interface Draft {
  readonly hosts: Plain
  readonly cluster: Plain
  readonly steps: readonly Plain[]
  /** What happens while arpcheck runs. */
  readonly meanwhile: readonly Plain[]
  /** The last run: its words behind `arpcheck --iface eno1`, and where it is asked. */
  readonly words: readonly string[]
  readonly from: string
}
export type Plain = Readonly<Record<string, unknown>>

export const NODES = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4'] as const

/** Laid over what stands: hosts and cluster by key, steps behind those that are there. */
export function withMore(draft: Draft, more: Partial<Draft>): Draft {
  return {
    ...draft,
    ...more,
    hosts: merged(draft.hosts, more.hosts ?? {}) as Plain,
    cluster: merged(draft.cluster, more.cluster ?? {}) as Plain,
    steps: [...draft.steps, ...(more.steps ?? [])],
    meanwhile: [...draft.meanwhile, ...(more.meanwhile ?? [])],
    words: [...draft.words, ...(more.words ?? [])],
  }
}

/** The story's value, as its file holds it. */
export function written(draft: Draft, name: string, tells: string): Plain {
  const { hosts, cluster, steps, meanwhile, words, from } = draft
  const run = {
    run: ['arpcheck --iface eno1', ...words].join(' '),
    ...(from !== 'client' && { on: from }),
    ...(meanwhile.length > 0 && { while: meanwhile }),
  }
  return { name, tells, timeScale: TIME_SCALE, hosts, cluster, steps: [...steps, run] }
}

/** A memberlist drops a dead node within 0.6 s, the API server calls it NotReady within 4 s. */
const TIME_SCALE = 0.1

export function storyOf(draft: Draft): Story {
  return storyShape.parse(written(draft, 'draft', 'Drawn.'))
}

/** Who should answer each VIP, and who does, as the draft stands. */
export function scenesIn(draft: Draft): Scene[] {
  return scenesOf(endingOf(storyOf(draft)), 'everything')
}
