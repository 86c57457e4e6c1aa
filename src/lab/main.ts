import { fileURLToPath } from 'node:url'
import { respond } from './responder.ts'

/** `arpcheck lab …`: argv without the word lab → exit code. 0: as told, 1: not as told, 2: usage, 3: not possible here. */
export async function main(argv: readonly string[]): Promise<number> {
  const { runCommand } = await import('./command.ts')
  return runCommand(argv)
}

// The bundle is a program as well: the holder starts it again inside the namespaces, and that starts one on each host
// with a speaker. What the others need is loaded by them alone: it takes as long as the start of Node itself.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [first, ...rest] = process.argv.slice(2)
  if (first === 'respond') respond()
  else if (first === 'inside') void import('./inside.ts').then(({ inside }) => inside())
  else void main(first === undefined ? [] : [first, ...rest]).then((code) => (process.exitCode = code))
}
