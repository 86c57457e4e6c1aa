import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ownFolder } from './folder.ts'

// Frames that arrive at a link, as if from its cable, as fast as this machine makes them: bench/native/generator.c.

export const KINDS = ['random', 'claims', 'malformed', 'gratuitous'] as const
export type Kind = (typeof KINDS)[number]

export interface FloodOptions {
  readonly kind: Kind
  readonly device: string
  /** Whose address is claimed or announced. */
  readonly vip: string
  /** Whom the replies answer. */
  readonly to: string
  readonly seconds: number
  /** 0: as fast as it goes. */
  readonly perSecond?: number
}

export interface Flooded {
  readonly frames: number
  readonly seconds: number
}

export interface Flood {
  /** Null: it was stopped. */
  readonly ended: Promise<Flooded | null>
  readonly isOver: () => boolean
  /** It is over by itself in time; sooner, by this. */
  stop(): void
}

/** No flood is longer, whatever is asked for. */
const MOST_FRAMES = 20_000_000

/** Compiles the generator for a test file, and gives what begins a flood. Its frames are there once somebody counts them. */
export function flooding(): (options: FloodOptions) => Flood {
  const generator = compiled()
  return ({ kind, device, vip, to, seconds, perSecond = 0 }) => {
    const words = [device, MOST_FRAMES, perSecond, 1, seconds, kind, vip, to].map(String)
    const child = spawn(generator, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    const said = text(child.stdout)
    const ended = once(child, 'exit').then(async () => JSON.parse((await said) || 'null') as Flooded | null)
    const state = { isOver: false }
    child.once('exit', () => (state.isOver = true))
    return { ended, isOver: () => state.isOver, stop: () => void child.kill() }
  }
}

function compiled(): string {
  const path = join(ownFolder(), 'generator')
  const source = join(process.cwd(), 'bench/native/generator.c')
  const { status, stderr } = spawnSync('cc', ['-O2', '-D_GNU_SOURCE', '-o', path, source], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${source} cannot be compiled: ${stderr}`)
  return path
}
