import { spawnSync, type SpawnSyncReturns } from 'node:child_process'

/** Runs this Node with arguments, in an environment without the test runner's own settings. */
export function runNode(
  args: readonly string[],
  environment: Record<string, string>,
): SpawnSyncReturns<string> {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...rest } = process.env
  return spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...rest, ...environment },
    timeout: 20_000,
  })
}
