import { nearest } from '../core/nearest.ts'
import { quoted } from '../core/text.ts'
import { ArpcheckError } from '../errors.ts'
import { readArguments } from './arguments.ts'
import { helpText } from './help.ts'
import { readSettings } from './settings.ts'
import { write, type World } from './streams.ts'
import { tellTrouble } from './tell.ts'
import { COMMANDS } from './usage.ts'

export { tellTrouble } from './tell.ts'

declare const ARPCHECK_VERSION: string

const NAMES = ['check', 'help', 'version', ...COMMANDS.map(([name]) => name)]

/** `arpcheck …`: argv → exit code. Results go to stdout, everything else to stderr; nothing is thrown. */
export async function main(argv: readonly string[], world: World = process): Promise<number> {
  try {
    return await run(argv, world)
  } catch (error) {
    return tellTrouble(error, argv, world)
  }
}

async function run(argv: readonly string[], world: World): Promise<number> {
  if (argv[0] === '--complete') {
    const { completions } = await import('./completion.ts')
    return print(await completions(argv.slice(1), world.env), world)
  }
  if (argv[0] === 'daemon' || argv[0] === 'config') {
    const { configCommand, daemonCommand } = await import('./daemon.ts')
    return (argv[0] === 'daemon' ? daemonCommand : configCommand)(argv.slice(1), world)
  }
  const { words, flags } = readArguments(argv)
  if (flags.has('help') || words[0] === 'help') return print(helpText(), world)
  if (flags.has('version') || words[0] === 'version') return print(`${ARPCHECK_VERSION}\n`, world)
  const settings = readSettings(flags, world.env)
  if (words[0] === 'completion') {
    const { completionScript } = await import('./completion.ts')
    return print(completionScript(words[1]), world)
  }
  if (words[0] === 'man') {
    const { manCommand } = await import('./man.ts')
    return manCommand(world)
  }
  if (words[0] === 'explain') {
    const { explainCommand } = await import('./explain/command.ts')
    return explainCommand(words.slice(1), settings, world)
  }
  if (settings.without.length > 0)
    throw new ArpcheckError('usage', '--without goes with explain.', {
      remedy: [`For example:  arpcheck explain 192.168.1.60 --without ${settings.without[0]}`],
    })
  if (words[0] === 'members') {
    const { membersCommand } = await import('./members.ts')
    return membersCommand(words.slice(1), settings, world)
  }
  const { checkCommand } = await import('./check.ts')
  return checkCommand(addressWords(words), settings, world)
}

/** `check` may be left out; any other word that is or resembles a command stands in the wrong place. */
function addressWords(words: readonly string[]): readonly string[] {
  const rest = words[0] === 'check' ? words.slice(1) : words
  const word = rest.find((one) => /^[a-z]+$/i.test(one))
  const command = word === undefined ? undefined : nearest(word, NAMES)
  if (command === undefined) return rest
  throw new ArpcheckError('usage', `${quoted(word!)} is no address.`, {
    remedy: [
      word === command
        ? `The command goes first:  arpcheck ${command} …`
        : `Did you mean  arpcheck ${command}?`,
    ],
  })
}

async function print(text: string, world: World): Promise<number> {
  await write(world.stdout, text)
  return 0
}
