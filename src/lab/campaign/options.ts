import { parseArgs } from 'node:util'
import { ArpcheckError } from '../../errors.ts'

export interface CampaignOptions {
  readonly episodes: number
  readonly seed: number
  /** One episode alone, told as a story. */
  readonly replay: number | null
  readonly keep: string | null
  /** Below this share in precision, recall or agreement the campaign has failed. */
  readonly atLeast: number | null
  readonly minutes: number
}

const FLAGS = {
  episodes: { type: 'string', default: '100' },
  seed: { type: 'string', default: '1' },
  replay: { type: 'string' },
  keep: { type: 'string' },
  'at-least': { type: 'string' },
  minutes: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

export const HELP = `npm run campaign -- [--episodes 100] [--seed 1] [--replay K] [--keep DIR] [--at-least 0.95] [--minutes M]

  Plays clusters and faults that the seed draws, and holds what arpcheck says against what was injected.
  --replay K      prints episode K of that seed and plays it alone
  --keep DIR      leaves every episode there: story, reports, pcap
  --at-least X    exit 1 where precision, recall or agreement is below X
  --minutes M     begins no episode after that long
`

/** Throws a `usage` error. */
export function readOptions(argv: readonly string[]): CampaignOptions | 'help' {
  const { values } = read(argv)
  if (values.help) return 'help'
  const episodes = whole('--episodes', values.episodes)
  return {
    episodes,
    seed: whole('--seed', values.seed),
    replay: values.replay === undefined ? null : whole('--replay', values.replay),
    keep: values.keep ?? null,
    atLeast: values['at-least'] === undefined ? null : number('--at-least', values['at-least']),
    minutes: values.minutes === undefined ? Math.max(5, episodes / 4) : number('--minutes', values.minutes),
  }
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, allowPositionals: false })
  } catch (cause) {
    throw new ArpcheckError('usage', (cause as Error).message, {
      remedy: ['npm run campaign -- --help'],
      cause,
    })
  }
}

function whole(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new ArpcheckError('usage', `${name} takes a whole number, not ${JSON.stringify(text)}.`)
}

function number(name: string, text: string): number {
  if (/^\d{1,4}(\.\d{1,4})?$/.test(text)) return Number(text)
  throw new ArpcheckError('usage', `${name} takes a number, not ${JSON.stringify(text)}.`)
}
