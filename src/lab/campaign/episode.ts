import { stringify } from 'yaml'
import type { Story } from '../shape.ts'
import { parseStory } from '../story.ts'
import type { StoryFile } from '../stories.ts'
import { drawFor, type Draw } from './draw.ts'
import { drawCluster } from './draw-cluster.ts'
import { written, type Draft } from './draft.ts'
import { truthsOf, type Truth } from './oracle.ts'
import type { Plot } from './plot.ts'
import { ANSWERED_PLOTS } from './plots-answered.ts'
import { SET_UP_PLOTS } from './plots-set-up.ts'
import { SILENT_PLOTS } from './plots-silent.ts'

/** One story of a campaign, and what is right to say at its end. */
export interface Episode {
  readonly number: number
  readonly seed: number
  /** What was injected, by the names of plots. */
  readonly plots: readonly string[]
  readonly file: StoryFile
  readonly truths: readonly Truth[]
}
export type Plots = Readonly<Record<string, Plot>>

export const FAULT_PLOTS: Plots = { ...SILENT_PLOTS, ...ANSWERED_PLOTS, ...SET_UP_PLOTS }

/** Draws one episode: the same seed and number make the same story, whatever else is drawn. */
export function episodeOf(seed: number, number: number, plots: Plots): Episode {
  const draw = drawFor(seed, number)
  const { draft, names } = drawPlots(draw, plots)
  const name = `episode-${number}`
  const tells = `Episode ${number} of seed ${seed}: ${names.join(' and ')}.`
  const file = fileOf(written(draft, name, tells), name)
  return { number, seed, plots: names, file, truths: truthsOf(file.story) }
}

/** One plot, at times two; another cluster is drawn where this one has no place for it. */
function drawPlots(draw: Draw, plots: Plots): { draft: Draft; names: string[] } {
  const names = Object.keys(plots)
  const [first, second] = [draw.one([...names, ...OFTEN.filter((name) => name in plots)]), draw.one(names)]
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const draft = plots[first]!(drawCluster(draw), draw)
    if (!draft || !isLawful(draft)) continue
    const both =
      isAlone(first) || isAlone(second) || first === second || draw.chance(0.75)
        ? null
        : plots[second]!(draft, draw)
    return both && isLawful(both) ? { draft: both, names: [first, second] } : { draft, names: [first] }
  }
  throw new Error(`no cluster has a place for ${first}`)
}

const ATTEMPTS = 50
/** The incident that arpcheck is for, and what looks like it: three times as often as the others. */
const INCIDENTS = ['dead-owner', 'clean-failover', 'muted-speaker', 'split-views']
const OFTEN = [...INCIDENTS, ...INCIDENTS]

/** They rearrange what a second plot would build on. */
function isAlone(name: string): boolean {
  return ['deaf-vantage', 'memberlist-off', 'proxy', 'bgp-only'].includes(name)
}

/** It has a VIP, and nothing happens twice to the same host. */
function isLawful(draft: Draft): boolean {
  const faults = draft.steps.flatMap(({ fault }) => fault ?? [])
  if (new Set(faults).size < faults.length) return false
  return truthsOf(fileOf(written(draft, 'draft', 'Drawn.'), 'draft').story).length > 0
}

function fileOf(value: object, name: string): StoryFile {
  const text = stringify(value, { lineWidth: 110 })
  const story: Story = parseStory(text, `${name}.yaml`)
  return { file: `${name}.yaml`, text, story }
}
