import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { ADVICE } from '../../src/cli/advice/advice.ts'
import { FINDING_CODES, findingsPage } from '../../src/cli/findings-page.ts'
import { flagsTable } from '../../src/cli/flags-table.ts'
import { FLAG_NAMES } from '../../src/cli/flags.ts'
import { helpText } from '../../src/cli/help.ts'

const MARKED = /(?<=<!-- flags: .* -->\n)[^]*(?=<!-- \/flags -->)/

test('docs/cli.md holds the table of all flags', () => {
  const text = readFileSync('docs/cli.md', 'utf8')
  const right = text.replace(MARKED, () => `\n${flagsTable()}\n\n`)
  if (process.env['ARPCHECK_UPDATE_GOLDEN'] === '1') writeFileSync('docs/cli.md', right)
  else assert.equal(text, right, 'ARPCHECK_UPDATE_GOLDEN=1 node .ci/test.mjs docs writes it anew')
})

test('docs/findings.md has the page of each code, as arpcheck explain tells it', () => {
  if (process.env['ARPCHECK_UPDATE_GOLDEN'] === '1') writeFileSync('docs/findings.md', findingsPage())
  else assert.equal(readFileSync('docs/findings.md', 'utf8'), findingsPage(), 'ARPCHECK_UPDATE_GOLDEN=1 …')
})

test('docs/findings.md links every issue that it names', () => {
  const prose = findingsPage().replaceAll(/\[[^\]]*\]\([^)]*\)/g, '')
  assert.deepEqual(prose.match(/.{0,20}#\d+/g), null)
})

for (const code of FINDING_CODES) {
  test(`${code}: its page says what was seen, why, how to confirm it and how to mend it`, () => {
    const { seen, causes, confirm, mend } = ADVICE[code]
    for (const part of [[seen], causes, confirm, mend]) assert.ok(part.length > 0 && part.every(Boolean))
  })
}

test('the help names every flag', () => {
  const help = helpText()
  assert.deepEqual(
    FLAG_NAMES.filter((name) => !help.includes(` --${name}`)),
    [],
  )
})
