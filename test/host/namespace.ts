import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const MARK = 'ARPCHECK_TEST_NAMESPACE'

/** True in the copy of the test that `rerunInNamespace` started. */
export const inNamespace = process.env[MARK] === '1'

/** Why no test can run in a namespace here, and what would help; false where it can. */
export function namespaceMissing(): string | false {
  if (!existsSync(join(__dirname, 'arpcheck.node'))) return 'the addon is not built: npm run build'
  if (!runs('ip', ['-V'])) return 'ip is missing: apt-get install iproute2'
  if (!runs('unshare', ['-Urn', 'true']))
    return 'no private namespaces here: run as root, or sysctl kernel.unprivileged_userns_clone=1'
  return false
}

/** Runs this test file once more, in a user and network namespace of its own; fails with its output. */
export function rerunInNamespace(file: string): void {
  const env = { ...process.env, [MARK]: '1', NODE_TEST_CONTEXT: '' }
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['-Urn', process.execPath, '--enable-source-maps', file],
    {
      env,
      encoding: 'utf8',
      timeout: 60_000,
    },
  )
  assert.equal(status, 0, `${stdout}${stderr}`)
}

/** Runs `ip` commands, one a line. */
export function ip(commands: string): void {
  const lines = commands.trim().replaceAll(/^\s+/gm, '')
  const { status, stderr } = spawnSync('ip', ['-batch', '-'], { input: `${lines}\n`, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}

/** Resolves once `holds` does; fails after a deadline. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000
  while (!holds()) {
    assert.ok(performance.now() < deadline, `still waiting: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
