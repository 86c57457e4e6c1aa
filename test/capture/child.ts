import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process'

/** Runs this Node with arguments, in an environment without the test runner's own settings. */
export function runNode(
  args: readonly string[],
  environment: Record<string, string>,
  timeout = 20_000,
): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...ownEnvironment(), ...environment },
    timeout,
  })
}

/** A program that runs beside the test. */
export interface Child {
  /** All of its standard output so far. */
  said(): string
  signal(name: NodeJS.Signals): void
  /** Kills it; it may be stopped. */
  end(): void
}

export function startNode(program: string, environment: Record<string, string>): Child {
  const child = spawn(process.execPath, ['-e', program], {
    env: { ...ownEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  return {
    said: () => output,
    signal: (name) => void child.kill(name),
    end: () => void child.kill('SIGKILL'),
  }
}

/** The environment without the test runner's own settings. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...rest } = process.env
  return rest
}
