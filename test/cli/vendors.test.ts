import assert from 'node:assert/strict'
import { test } from 'node:test'
import { render } from '../../src/cli/screens/render.ts'
import { vendorIn, withVendors } from '../../src/core/vendor.ts'
import { BOARD } from '../helpers/nucs.ts'
import { mac } from '../helpers/segment.ts'
import { tell, type STORIES } from './stories.ts'
import stringWidth from '../../src/cli/width.ts'

const STYLE = { colour: false, ascii: false, width: 80 }
const LOCAL = '02:42:ac:11:00:02'
const SHOWN = { quiet: 0, verbose: 0 } as const

for (const [story, vendor, shown] of [
  ['cluster-foreign', 'Espressif', /VENDOR[^]* 24:6f:28:[\d:a-f]+ +Espressif [^]*\(Espressif\)/],
  ['answers-nothing-given', 'EliteGroup Computer Systems', / EliteGroup … /],
  ['answers-nothing-given', null, /^(?![^]*VENDOR)/],
] as const satisfies readonly (readonly [keyof typeof STORIES, string | null, RegExp])[]) {
  test(`${story}: the table shows ${vendor ?? 'no column for vendors that are not known'}, within 80 columns`, async () => {
    const report = withVendors(await tell(story), () => vendor)
    const text = await render(report, { output: 'table', ...SHOWN }, STYLE)
    assert.match(text, shown)
    assert.deepEqual(
      text.split('\n').filter((line) => stringWidth(line) > 80),
      [],
    )
  })
}

test('a MAC that software made has no vendor in the table; -o wide, JSON and the finding say what it is', async () => {
  const made = (await tell('cluster-foreign')).vips.map((row) => ({
    ...row,
    answered: row.answered.map((answer) => ({ ...answer, mac: mac(answer.mac.replace(BOARD, LOCAL)) })),
    findings: row.findings.map((one) => ({ ...one, message: one.message.replace(BOARD, LOCAL) })),
  }))
  const report = withVendors({ ...(await tell('cluster-foreign')), vips: made }, (each) =>
    vendorIn(each, () => ''),
  )
  for (const output of ['wide', 'json'] as const)
    assert.match(await render(report, { output, ...SHOWN }, STYLE), /random or locally administered/)
  const table = await render(report, { output: 'table', ...SHOWN }, STYLE)
  assert.match(table, /by 02:42:ac:11:00:02 \(random or locally\s+administered\)/)
  assert.doesNotMatch(table, /VENDOR/)
})
