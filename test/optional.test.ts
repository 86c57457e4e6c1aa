// What is lost, and how it is said, where an optional package cannot be loaded: not installed, not built, of another machine.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { openCap } from '../src/capture/cap.ts'
import type { ArpcheckError } from '../src/errors.ts'
import { echo } from '../src/icmp/echo.ts'
import { ownFolder } from './helpers/folder.ts'
import { packageMissing, runWithPackage, type PackageState } from './helpers/packages.ts'

const MARK = 'ARPCHECK_TEST_OPTIONAL'
const quiet = { onFrames: () => {}, onTrouble: () => {} }

if (process.env[MARK] === '1') void report()
else tests()

/** What each use of an optional package comes to in this folder. */
async function report(): Promise<void> {
  const errors: (ArpcheckError | string)[] = []
  await echo([], { timeoutMs: 1, seed: 1 }).then(
    () => errors.push('sent'),
    (error) => errors.push(error),
  )
  try {
    openCap({ device: 'no-such-link' }, quiet)
  } catch (error) {
    errors.push(error as ArpcheckError)
  }
  const said = errors.map((error) =>
    typeof error === 'string' ? error : `${error.code}: ${error.message} ${error.remedy.join('; ')}`,
  )
  process.stdout.write(JSON.stringify(said))
}

function tests(): void {
  for (const [name, index, lost] of [
    ['raw-socket', 0, 'ICMP echo to node addresses is not available'],
    ['cap', 1, 'The engine cap is not available'],
  ] as const) {
    suite(name, { skip: packageMissing(name) }, () => {
      const folder = ownFolder()
      const said = (state: PackageState) =>
        (JSON.parse(runWithPackage(__filename, folder, name, state, MARK)) as string[])[index]!

      for (const [state, why] of [
        [
          'absent',
          new RegExp(
            `package ${name} is not installed\\. Install it: {2}npm install ${name}; Install what it is built with`,
          ),
        ],
        [
          'unbuilt',
          new RegExp(
            `package ${name} is installed but was not built\\. Install what it is built with: {2}apt-get install g\\+\\+ make python3.*; Build it: {2}npm rebuild ${name}`,
          ),
        ],
        ['damaged', new RegExp(`package ${name} does not load here \\(.*\\)\\. Install what`)],
      ] as const) {
        test(`${state} → engine-unavailable, says what is lost, why, and what to do`, () => {
          const words = said(state)
          assert.ok(words.startsWith(`engine-unavailable: ${lost}: the optional`), words)
          assert.match(words, why)
        })
      }

      test('built → it loads', () => assert.doesNotMatch(said('built'), /engine-unavailable/))
    })
  }
}
