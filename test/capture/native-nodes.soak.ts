import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cable, inNamespaces } from '../helpers/netns.ts'
import { nativeContract } from './native-subject.ts'

// The addon was built with the headers of the Node that builds; here other majors load that very file.
const MAJORS = [22, 24, 26]
const CACHE = process.env['ARPCHECK_CACHE'] ?? join(homedir(), '.cache/arpcheck')
/** Set in the Node under test. */
const UNDER_TEST = 'ARPCHECK_TEST_NODE'

/** Found, or installed, before the namespaces take the network away. */
const FOUND = 'ARPCHECK_TEST_NODES'
process.env[FOUND] ??= JSON.stringify(Object.fromEntries(MAJORS.map((major) => [major, findNode(major)])))
const nodes = JSON.parse(process.env[FOUND]) as Record<string, string>

inNamespaces(() => {
  if (process.env[UNDER_TEST] !== undefined) return nativeContract('near', 'far')
  cable('near', 'far')
  for (const major of MAJORS) {
    test(`Node ${major} loads the addon and passes the contract`, (t) => {
      const node = nodes[major]
      if (node === undefined)
        return t.skip(`no Node ${major} in ${CACHE}, and npm cannot install one: connect to a registry`)
      const { NODE_TEST_CONTEXT: _, ...env } = process.env
      const { status, stdout, stderr } = spawnSync(node, ['--test-reporter=spec', ...process.argv.slice(1)], {
        encoding: 'utf8',
        env: { ...env, [UNDER_TEST]: String(major) },
      })
      assert.equal(status, 0, stdout + stderr)
      assert.match(stdout, /pass [1-9]/)
      t.diagnostic(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim())
    })
  }
})

/** A Node of that major from the cache, where npm puts it the first time. */
function findNode(major: number): string | undefined {
  const name = `node-linux-${process.arch}`
  const folder = join(CACHE, `node-${major}`)
  const node = join(folder, 'node_modules', name, 'bin/node')
  const install = [
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--no-package-lock',
    '--loglevel=error',
    `${name}@${major}`,
  ]
  if (!existsSync(node)) spawnSync('npm', install, { stdio: 'ignore' })
  return existsSync(node) ? node : undefined
}
