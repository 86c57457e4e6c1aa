import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ArpcheckError } from '../errors.ts'
import { holdSegment } from './holder.ts'
import type { DaemonTold, RunTold, Scraped, Told } from './protocol.ts'
import type { StoryFile } from './stories.ts'
import { tellEnd, tellEvent, tellTitle } from './tell.ts'

export interface RunOptions {
  /** dist/lab.js, started again inside; arpcheck.js lies beside it. */
  readonly program: string
  readonly seed: number
  readonly witness: boolean
  /** Where to leave what was recorded of a failed story, and of every story. */
  readonly keepFailure: string
  readonly keep: string | null
  /** Writes a person's text as it happens; null when only the result is wanted. */
  readonly write: ((text: string) => void) | null
  /** Called once, when the story has to wait for other labs to end. */
  readonly onWait: () => void
  readonly signal: AbortSignal
}

/** The JSON of `arpcheck lab run -o json`, one for each story. */
export interface StoryResult {
  readonly story: string
  readonly passed: boolean
  readonly seed: number
  readonly seconds: number
  readonly runs: readonly RunTold[]
  /** What happened, when it began: milliseconds since 1970. */
  readonly faults: readonly { readonly text: string; readonly atMs: number }[]
  /** The story's daemons, and what their metrics said, in its order; empty without daemons. */
  readonly daemons: readonly DaemonTold[]
  readonly scraped: readonly Scraped[]
  readonly error: string | null
  /** Folder with the pcap, the log and the seed; null where nothing was kept. */
  readonly keptIn: string | null
}

const PCAP_NAMES = { lab: 'client.pcap', tcpdump: 'tcpdump.pcap' }
const SLOT_WAIT_MS = 120_000
const STORY_MS = 120_000

/** Plays one story in a lab of its own and tells it. */
export async function runStory(file: StoryFile, options: RunOptions): Promise<StoryResult | 'interrupted'> {
  const write = options.write ?? (() => {})
  const told: Told[] = []
  const begun = performance.now()
  write(tellTitle(file.story))
  const error = await hold(file, options, (event) => {
    told.push(event)
    write(tellEvent(event))
  })
  if (options.signal.aborted) return 'interrupted'
  const passed = error === null && told.some((event) => event.told === 'end' && event.passed)
  const seconds = (performance.now() - begun) / 1000
  const folder = passed ? options.keep : (options.keep ?? options.keepFailure)
  const keptIn = folder === null ? null : keepIn(folder, file, { told, error, seed: options.seed })
  write((error ? `\n  ✗ ${error.message}\n` : '') + tellEnd(passed, seconds, keptIn))
  const runs = told.flatMap((event) => (event.told === 'run' ? [event] : []))
  return {
    story: file.story.name,
    passed,
    seed: options.seed,
    seconds,
    runs,
    faults: told.flatMap((event) => (event.told === 'fault' ? [event] : [])),
    daemons: told.flatMap((event) => (event.told === 'daemon' ? [event] : [])),
    scraped: told.flatMap((event) => (event.told === 'scraped' ? [event] : [])),
    error: error?.message ?? null,
    keptIn,
  }
}

/** The segment's error, if it ended with one; what a machine cannot do at all is thrown instead. */
async function hold(
  { file, text }: StoryFile,
  options: RunOptions,
  onTold: (told: Told) => void,
): Promise<ArpcheckError | null> {
  const arpcheck = resolve(options.program, '../arpcheck.js')
  if (!existsSync(arpcheck)) throw notBuilt(arpcheck)
  const { seed, witness, program, signal } = options
  const order = {
    story: text,
    file,
    hold: false,
    seed,
    witness,
    show: options.write !== null,
    program,
    arpcheck,
  }
  const state: { failure: ArpcheckError | null; begun: boolean } = { failure: null, begun: false }
  const listen = (told: Told) => {
    state.begun = true
    if (told.told === 'error')
      state.failure = new ArpcheckError(told.code, told.message, { remedy: told.remedy })
    else onTold(told)
  }
  try {
    await holdSegment({
      order,
      onTold: listen,
      onWait: options.onWait,
      slotWaitMs: SLOT_WAIT_MS,
      timeoutMs: STORY_MS,
      signal,
    })
  } catch (error) {
    if (!state.begun || !(error instanceof ArpcheckError)) throw error
    state.failure ??= error
  }
  return state.failure
}

/** A folder with all that is needed to see again what happened. */
function keepIn(
  parent: string,
  { text, story }: StoryFile,
  { told, error, seed }: { told: readonly Told[]; error: Error | null; seed: number },
): string {
  const folder = resolve(
    parent,
    `${story.name}-${new Date().toISOString().replace(/[:.]/g, '')}-${process.pid}`,
  )
  mkdirSync(folder, { recursive: true })
  const recorded = (by: 'lab' | 'tcpdump') =>
    Buffer.concat(told.flatMap((event) => (event.told === 'pcap' && event.by === by ? [event.bytes] : [])))
  const log = told.filter((event) => event.told !== 'pcap').map((event) => JSON.stringify(event))
  writeFileSync(join(folder, 'story.yaml'), text)
  writeFileSync(join(folder, 'seed'), `${seed}\n`)
  writeFileSync(
    join(folder, 'log.jsonl'),
    [...log, ...(error ? [JSON.stringify(error)] : [])].join('\n') + '\n',
  )
  for (const by of ['lab', 'tcpdump'] as const) {
    const pcap = recorded(by)
    if (pcap.length > 0) writeFileSync(join(folder, PCAP_NAMES[by]), pcap)
  }
  return folder
}

function notBuilt(arpcheck: string): ArpcheckError {
  return new ArpcheckError('lab-unavailable', `The lab runs ${arpcheck}, which is missing.`, {
    remedy: ['npm run build'],
  })
}
