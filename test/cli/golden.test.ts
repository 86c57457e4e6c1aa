import Ajv2020 from 'ajv/dist/2020.js'
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import stringWidth from '../../src/cli/width.ts'
import { ADVICE } from '../../src/cli/advice/advice.ts'
import { explainScreen } from '../../src/cli/explain/screen.ts'
import { FINDING_CODES } from '../../src/cli/findings-page.ts'
import { codeScreen } from '../../src/cli/screens/code.ts'
import { render, type Output } from '../../src/cli/screens/render.ts'
import type { Style } from '../../src/cli/screens/style.ts'
import schema from '../../src/core/report.schema.json'
import type { Report } from '../../src/core/report.ts'
import { UNKNOWN_REASONS, VERDICTS } from '../../src/core/verdict.ts'
import { EXPLAINED, tellExplained } from './explained.ts'
import { STORIES, tell } from './stories.ts'

// One file a story and format. `ARPCHECK_UPDATE_GOLDEN=1 node .ci/test.mjs golden` writes them anew: read the diff.
const folder = join(process.cwd(), 'test/golden')
const update = process.env['ARPCHECK_UPDATE_GOLDEN'] === '1'
const PLAIN: Style = { colour: false, ascii: false, width: 80 }
const FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const
/** Stories that are told in every format; of the others the table and the JSON say enough. */
const TOLD_IN_ALL: readonly string[] = [
  'cluster-dead-owner',
  'cluster-long-names',
  'cluster-nobody-should',
  'hostile-name',
  'many-faults',
  'partly-here',
  'silent',
]
const CODES_TOLD = [
  ['explain-code.txt', 'ARP102', PLAIN],
  ['explain-code-304.txt', 'ARP304', PLAIN],
  ['explain-code-401.ascii.txt', 'ARP401', { ...PLAIN, ascii: true }],
] as const
const names = Object.keys(STORIES) as (keyof typeof STORIES)[]

const isReport = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)

if (update) rmSync(folder, { recursive: true, force: true })

for (const name of names) {
  test(`${name}: it prints as its golden files, and the JSON is as the schema says`, async () => {
    const report = await tell(name)
    assert.ok(isReport(report), JSON.stringify(isReport.errors, null, 2))
    for (const output of TOLD_IN_ALL.includes(name) ? FORMATS : (['table', 'json'] as const))
      await matches(`${name}.${output}`, report, { output })
    if (TOLD_IN_ALL.includes(name)) await matches(`${name}.quiet`, report, { output: 'table', quiet: 1 })
  })

  test(`${name}: the table stays within 80 columns, in ASCII too, but for commands`, async () => {
    const report = await tell(name)
    const findings = [...report.findings, ...report.vips.flatMap((row) => row.findings)]
    const commands = findings.flatMap((finding) => finding.next.map((command) => command.slice(0, 20)))
    for (const style of [PLAIN, { ...PLAIN, ascii: true }]) {
      const text = await render(report, { output: 'table', quiet: 0, verbose: 1 }, style)
      const long = text.split('\n').filter((line) => stringWidth(line) > 80)
      assert.deepEqual(
        long.filter((line) => !commands.some((command) => line.includes(command))),
        [],
      )
      if (style.ascii) assert.match(text, /^[\n -~]*$/)
    }
  })
}

for (const [file, name, style] of [
  ['silent.ascii', 'silent', { ...PLAIN, ascii: true }],
  ['silent.colour', 'silent', { ...PLAIN, colour: true }],
  ['deaf.verbose', 'deaf', PLAIN],
  ['cluster-split.ascii', 'cluster-split', { ...PLAIN, ascii: true }],
  ['cluster-healthy.verbose', 'cluster-healthy', PLAIN],
] as const) {
  test(`${file} prints as its golden file`, async () => {
    const verbose = file.endsWith('verbose') ? 1 : 0
    await matches(file, await tell(name), { output: 'table', verbose }, style)
  })
}

for (const name of EXPLAINED) {
  test(`${name}: arpcheck explain prints it as its golden file, within 80 columns, in ASCII too`, async () => {
    const told = await tellExplained(name)
    isAsBefore(`${name}.txt`, `${explainScreen(told, { wide: false }, PLAIN).join('\n')}\n`)
    for (const style of [PLAIN, { ...PLAIN, ascii: true }]) {
      const lines = explainScreen(told, { wide: false }, style)
      assert.deepEqual(
        lines.filter((line) => stringWidth(line) > 80),
        [],
      )
      if (style.ascii) assert.match(lines.join('\n'), /^[\n -~]*$/)
    }
  })
}

for (const code of FINDING_CODES) {
  test(`${code}: what it means and what to do stays within 80 columns, but for commands`, () => {
    const { confirm, mend } = ADVICE[code]
    const commands = [...confirm, ...mend].flatMap((step) => step.split(/ {2}/)[1] ?? [])
    for (const style of [PLAIN, { ...PLAIN, ascii: true }]) {
      const lines = codeScreen(code, style)
      const long = lines.filter((line) => stringWidth(line) > 80)
      assert.deepEqual(
        long.filter((line) => !commands.includes(line.trim())),
        [],
      )
      if (style.ascii) assert.match(lines.join('\n'), /^[\n -~]*$/)
      for (const command of commands)
        assert.ok(
          lines.some((line) => line.endsWith(command)),
          command,
        )
    }
  })
}

for (const [file, code, style] of CODES_TOLD) {
  test(`${code} prints as ${file}`, () => isAsBefore(file, `${codeScreen(code, style).join('\n')}\n`))
}

test('no golden file is left over', () => {
  const reports = names.flatMap((name) =>
    [...FORMATS, 'quiet', 'ascii', 'colour', 'verbose'].map((end) => `${name}.${end}`),
  )
  const codes = CODES_TOLD.map(([file]) => file)
  const known = [...reports, ...codes, ...EXPLAINED.map((name) => `${name}.txt`)]
  assert.deepEqual(
    readdirSync(folder).filter((file) => !known.includes(file)),
    [],
  )
})

test('the schema lists the verdicts and the reasons that the code knows', () => {
  const { verdict, reason } = schema.$defs.vip.properties
  assert.deepEqual(verdict.enum, [...VERDICTS])
  assert.deepEqual(reason.enum, [...UNKNOWN_REASONS, null])
})

for (const [what, change] of [
  ['an unknown verdict', { verdict: 'fine' }],
  ['an unknown verdict without its reason', { verdict: 'unknown' }],
  ['a reason without an unknown verdict', { reason: 'frames-lost' }],
  [
    'a MAC in capitals',
    {
      answered: [
        { mac: 'AA:BB:CC:DD:EE:FF', node: null, relation: 'other', rttMs: 1, replies: 1, vendor: null },
      ],
    },
  ],
] as const) {
  test(`the schema refuses ${what}`, async () => {
    const report = await tell('one-answers')
    assert.equal(isReport({ ...report, vips: [{ ...report.vips[0], ...change }] }), false)
  })
}

test('the schema accepts fields that later versions add', async () => {
  const report = await tell('one-answers')
  assert.equal(isReport({ ...report, later: 1, vips: [{ ...report.vips[0], later: {} }] }), true)
})

async function matches(
  file: string,
  report: Report,
  { output, quiet = 0, verbose = 0 }: { output: Output; quiet?: number; verbose?: number },
  style = PLAIN,
): Promise<void> {
  isAsBefore(file, await render(report, { output, quiet, verbose }, style))
}

function isAsBefore(file: string, text: string): void {
  const path = join(folder, file)
  mkdirSync(folder, { recursive: true })
  if (update) writeFileSync(path, text)
  assert.ok(existsSync(path), `${path} is missing: ARPCHECK_UPDATE_GOLDEN=1 node .ci/test.mjs golden`)
  assert.equal(text, readFileSync(path, 'utf8'))
}
