import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { inNamespaces, cable } from '../helpers/netns.ts'
import { ADDON } from './addon.ts'
import { nativeContract } from './native-subject.ts'

// Runs alone: it puts the release build of the addon in the place of the usual one; the next build puts that one back.

/** Libraries that every Linux with Node has: glibc's and the compiler's. */
const ALLOWED = /^(?:libc|libm|libstdc\+\+|libgcc_s|ld-linux.*)\.so\.\d+$/
/** What went wrong with the build, empty for nothing; the namespaces have no network to fetch sources by. */
const BUILT = 'ARPCHECK_TEST_STATIC_BUILD'
process.env[BUILT] ??= spawnSync(process.execPath, ['.ci/build.mjs', '--static-libpcap'], {
  encoding: 'utf8',
}).stderr

inNamespaces(() => {
  const failure = /^Error: .*/m.exec(process.env[BUILT]!)?.[0]
  if (failure === undefined) releaseTests()
  else test('with a static libpcap', { skip: `needs apt and its sources: ${failure}` })
})

function releaseTests(): void {
  test('the release build of the addon needs the C and C++ libraries and no other', () => {
    const { stdout } = spawnSync('readelf', ['-d', ADDON], { encoding: 'utf8' })
    const needed = [...stdout.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name!)
    assert.ok(needed.length > 0, stdout)
    assert.deepEqual(
      needed.filter((name) => !ALLOWED.test(name)),
      [],
    )
  })

  cable('near', 'far')
  nativeContract('near', 'far')
}
