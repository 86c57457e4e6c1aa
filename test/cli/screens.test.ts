import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columns, cut, fold, hanging } from '../../src/cli/screens/layout.ts'
import { glyph, show, styleFor, type Style } from '../../src/cli/screens/style.ts'
import { troubleScreen } from '../../src/cli/screens/trouble.ts'
import { elapsed, rtt } from '../../src/cli/screens/units.ts'
import stringWidth from '../../src/cli/width.ts'
import { ArpcheckError } from '../../src/errors.ts'

const PLAIN: Style = { colour: false, ascii: false, width: 80 }
const UTF8 = { LANG: 'en_US.UTF-8' }

for (const [env, flags, terminal, colour] of [
  [{}, {}, true, true],
  [{}, {}, false, false],
  [{ NO_COLOR: '1' }, {}, true, false],
  [{ NO_COLOR: '' }, {}, true, true],
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, {}, true, false],
  [{ FORCE_COLOR: '1' }, {}, false, true],
  [{ FORCE_COLOR: '0' }, {}, true, false],
  [{ TERM: 'dumb' }, {}, true, false],
  [{ NO_COLOR: '1' }, { color: 'always' }, false, true],
  [{ FORCE_COLOR: '1' }, { color: 'never' }, true, false],
] as const) {
  const what = `${JSON.stringify(env)} ${JSON.stringify(flags)} ${terminal ? 'on a terminal' : 'in a pipe'}`
  test(`${what} → ${colour ? 'colour' : 'no colour'}`, () => {
    const settings = { color: 'auto', ascii: false, ...flags } as const
    assert.equal(styleFor(settings, env, terminal).colour, colour)
  })
}

for (const [env, ascii] of [
  [{ LANG: 'en_US.UTF-8' }, false],
  [{ LANG: 'C.utf8' }, false],
  [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, true],
  [{ LANG: 'C', LC_CTYPE: 'UTF-8' }, false],
  [{ LANG: 'en_US.UTF-8', LC_ALL: '' }, false],
  [{}, true],
] as const) {
  test(`${JSON.stringify(env)} → ${ascii ? 'plain ASCII' : 'symbols'}`, () =>
    assert.equal(styleFor({ color: 'auto', ascii: false }, env, true).ascii, ascii))
}

test('--ascii wins over a UTF-8 locale', () =>
  assert.equal(styleFor({ color: 'auto', ascii: true }, UTF8, true).ascii, true))

test('only the glyph is painted, and its colour ends with it', () => {
  assert.equal(glyph('fault', { ...PLAIN, colour: true }), '\u001B[31m✗\u001B[0m')
  assert.equal(glyph('quiet', { ...PLAIN, colour: true }), '·')
  assert.equal(glyph('fault', { ...PLAIN, colour: true, ascii: true }), '\u001B[31mXX\u001B[0m')
})

test('in ASCII a letter that has no likeness is escaped', () => {
  assert.equal(show('a · b … → Größe', { ...PLAIN, ascii: true }), String.raw`a - b ... -> Gr\u{f6}\u{df}e`)
})

for (const [ms, text] of [
  [null, '-'],
  [0, '0.00 ms'],
  [0.0712, '0.07 ms'],
  [0.095, '0.1 ms'],
  [0.31, '0.3 ms'],
  [9.94, '9.9 ms'],
  [9.95, '10 ms'],
  [999.4, '999 ms'],
  [999.5, '1.0 s'],
  [1234, '1.2 s'],
] as const) {
  test(`a round trip of ${ms} ms reads ${text}`, () => assert.equal(rtt(ms), text))
}

for (const [ms, text] of [
  [0, '0.0 s'],
  [1480, '1.5 s'],
  [9499, '9.5 s'],
  [9500, '10 s'],
  [119_400, '119 s'],
  [372_000, '6 min 12 s'],
] as const) {
  test(`${ms} ms read ${text}`, () => assert.equal(elapsed(ms), text))
}

for (const [text, width] of [
  ['eno1', 4],
  ['日本', 4],
  ['e\u0301', 1],
  ['\u001B[31m✗\u001B[0m', 1],
  ['', 0],
] as const) {
  test(`${JSON.stringify(text)} takes ${width} columns`, () => assert.equal(stringWidth(text), width))
}

test('columns are aligned, numbers to the right, and no line ends in spaces', () => {
  const rows = [
    ['A', 'N', ''],
    ['日本', '1', 'x'],
    ['b', '100', ''],
  ]
  assert.deepEqual(columns(rows, { right: new Set([1]), width: 40 }), [
    'A        N',
    '日本     1   x',
    'b      100',
  ])
  assert.deepEqual(columns(rows, { right: new Set([1]), width: 8 })[1], '日本    1  x')
})

test('text folds between words, and within one that is too long', () => {
  assert.deepEqual(fold('one two three four five', 20), ['one two three four', 'five'])
  assert.deepEqual(fold('x'.repeat(25), 20), ['x'.repeat(20), 'xxxxx'])
  assert.deepEqual(hanging('  ✗  ', 'one two three four five', 25), ['  ✗  one two three four', '     five'])
})

test('a text that is cut says so and keeps its width', () => {
  assert.equal(cut('jellyfin', 8, '…'), 'jellyfin')
  assert.equal(cut('jellyfin', 7, '…'), 'jellyf…')
  assert.equal(cut('日本語', 5, '…'), '日本…')
})

const options = { command: 'sudo arpcheck -i eno1', stack: false }

test('a failure is told by one sentence and its remedies, with the command that was typed', () => {
  const error = new ArpcheckError('no-permission', 'Not allowed to open a raw socket on eno1.', {
    remedy: ['once      sudo arpcheck …', 'systemd   AmbientCapabilities=CAP_NET_RAW', 'Do not setcap node.'],
  })
  assert.equal(
    troubleScreen(error, options, PLAIN),
    `
  ✗  Not allowed to open a raw socket on eno1. Nothing was sent.

     once      sudo arpcheck -i eno1
     systemd   AmbientCapabilities=CAP_NET_RAW

     Do not setcap node.

`,
  )
})

test('what a failure quotes from outside cannot act on the terminal', () => {
  const error = new ArpcheckError('usage', 'no \u001B]0;x\u0007', { remedy: ['try \u009B2J'] })
  assert.match(troubleScreen(error, options, PLAIN), /no \\x1b\]0;x\\x07\.\n {5}try \\x9b2J\n/)
})

test('a bug asks for a report, and shows its stack only on request', () => {
  const bug = new TypeError('x is undefined')
  assert.equal(
    troubleScreen(bug, options, PLAIN),
    `
  ✗  This is a bug in arpcheck: TypeError: x is undefined
     Please report it; with -v it tells where.

`,
  )
  assert.match(troubleScreen(bug, { ...options, stack: true }, PLAIN), /\n +at .*screens\.test/)
  assert.match(troubleScreen('text', options, PLAIN), /a bug in arpcheck: text\n/)
})
