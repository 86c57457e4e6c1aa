import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ArpcheckError } from '../errors.ts'
import { manualPage } from './manual.ts'
import { write, type World } from './streams.ts'

declare const ARPCHECK_VERSION: string

/** Lies beside the bundle; the build makes it of what this command prints. */
const PAGE_PATH = join(__dirname, 'man/arpcheck.1')

/** `arpcheck man`: shows the page on a terminal, and else prints its source. */
export async function manCommand(world: World): Promise<number> {
  if (!world.stdout.isTTY) {
    await write(world.stdout, manualPage(ARPCHECK_VERSION))
    return 0
  }
  const reader = spawn('man', ['-l', PAGE_PATH], { stdio: 'inherit' })
  try {
    const [code] = (await once(reader, 'close')) as [number | null]
    return code === 0 ? 0 : 3
  } catch {
    throw new ArpcheckError('usage', 'There is no man on this machine to show the page with.', {
      remedy: ['The page as text:  arpcheck man | cat', 'In short:          arpcheck --help'],
    })
  }
}
