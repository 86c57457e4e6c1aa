import { resolve } from 'node:path'
import { ArpcheckError } from '../../errors.ts'
import { campaign } from './campaign.ts'
import { HELP, readOptions } from './options.ts'
import { replay } from './replay.ts'

/** The campaign's program: argv → exit code. 0: as good as was asked for, 1: not so, 2: usage, 3: no lab here. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await command(argv)
  } catch (error) {
    if (!(error instanceof ArpcheckError)) throw error
    process.stderr.write([error.message, ...error.remedy, ''].join('\n'))
    return error.exitCode
  }
}

async function command(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv)
  if (options === 'help') {
    process.stdout.write(HELP)
    return 0
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const ways = { program: resolve('dist/lab.js'), signal: stop.signal }
  return options.replay === null
    ? campaign(options, ways)
    : replay(options.seed, options.replay, { ...options, ...ways })
}

void main(process.argv.slice(2)).then((code) => (process.exitCode = code))
