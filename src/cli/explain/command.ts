import { FINDINGS, type FindingCode } from '../../core/findings.ts'
import { nearest } from '../../core/nearest.ts'
import { quoted } from '../../core/text.ts'
import { ArpcheckError } from '../../errors.ts'
import { FINDING_CODES } from '../findings-page.ts'
import type { Settings } from '../flags.ts'
import { codeScreen } from '../screens/code.ts'
import { styleFor } from '../screens/style.ts'
import { INTERRUPTED } from '../session.ts'
import { write, type World } from '../streams.ts'
import { tellNote } from '../tell.ts'
import { readExplained } from './read.ts'
import { explainScreen } from './screen.ts'

/** `arpcheck explain VIP|CODE`: prints what stands behind one; returns the exit code. */
export async function explainCommand(
  words: readonly string[],
  settings: Settings,
  world: World,
): Promise<number> {
  const [word, ...more] = words
  if (word === undefined || more.length > 0)
    throw new ArpcheckError('usage', 'arpcheck explain takes one VIP, or one code.', {
      remedy: ['For example:  arpcheck explain 192.168.1.60', 'Or:           arpcheck explain ARP102'],
    })
  refuseOutput(settings)
  const style = styleFor(settings, world.env, world.stdout.isTTY)
  if (/^[a-z][a-z-]*\d*$/i.test(word)) return print(codeScreen(codeOf(word), style), world)
  const explained = await readExplained(word, settings, world)
  if (explained === null) {
    tellNote('Interrupted before it was known.', world)
    return INTERRUPTED
  }
  return print(explainScreen(explained, { wide: settings.output === 'wide' }, style), world)
}

function refuseOutput({ output }: Settings): void {
  if (output === 'table' || output === 'wide') return
  throw new ArpcheckError('usage', `arpcheck explain prints for people; it has no ${output}.`, {
    remedy: [`The same as data:  arpcheck -o json 192.168.1.60`],
  })
}

function codeOf(word: string): FindingCode {
  const code = FINDING_CODES.find((one) => one === word.toUpperCase() || FINDINGS[one].name === word)
  if (code) return code
  const meant = nearest(word.toUpperCase(), FINDING_CODES)
  throw new ArpcheckError(
    'usage',
    `There is no finding ${quoted(word)}.${meant ? ` Did you mean ${meant}?` : ''}`,
    {
      remedy: [`Those that arpcheck knows: ${FINDING_CODES.join(', ')}.`],
    },
  )
}

async function print(lines: readonly string[], world: World): Promise<number> {
  await write(world.stdout, lines.map((line) => `${line}\n`).join(''))
  return 0
}
