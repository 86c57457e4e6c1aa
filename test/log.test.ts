import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { constants, createReadStream, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { logFile, openLog, type Log, type LogOptions } from '../src/log.ts'
import { ownFolder } from './helpers/folder.ts'
import { until } from './helpers/until.ts'

// What a daemon's log looks like, and what it costs when it says nothing. Not covered: what is said (core/watch).

const folder = ownFolder()

function collected(options: Partial<LogOptions> = {}): { log: Log; lines: string[] } {
  const lines: string[] = []
  const out = { write: (line: string) => void lines.push(line) }
  return { log: openLog({ level: 'info', format: 'json', out, ...options }), lines }
}

test('a line is JSON: when, how bad, the constant message, the fields', () => {
  const { log, lines } = collected()
  log.warn?.('verdict changed', { vip: '192.168.1.60', from: 'ok', verdict: 'silent' })
  const { time, ...rest } = JSON.parse(lines[0]!) as Record<string, unknown>
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual(rest, {
    level: 'warn',
    vip: '192.168.1.60',
    from: 'ok',
    verdict: 'silent',
    msg: 'verdict changed',
  })
  assert.ok(lines[0]!.endsWith('}\n'))
})

test('a name with line ends and escapes stays on its line', () => {
  const { log, lines } = collected()
  log.info?.('vip came', { services: ['a\nb\u001b[31m'] })
  assert.equal(lines[0]!.trimEnd().includes('\n'), false)
  assert.deepEqual((JSON.parse(lines[0]!) as { services: string[] }).services, ['a\nb\u001b[31m'])
})

test('as logfmt: the same, for a person', () => {
  const { log, lines } = collected({ format: 'logfmt' })
  log.error?.('verdict changed', { vip: '192.168.1.60', services: ['a/b'], reason: 'x\n"y' })
  const [, text] = /^level=error time=\S+ (.*)\n$/.exec(lines[0]!)!
  assert.equal(text, String.raw`vip=192.168.1.60 services="[\"a/b\"]" reason="x\n\"y" msg="verdict changed"`)
})

for (const [level, silent] of [
  ['debug', []],
  ['info', ['debug']],
  ['warn', ['debug', 'info']],
  ['error', ['debug', 'info', 'warn']],
] as const) {
  test(`at ${level}, ${silent.join(' and ') || 'nothing'} is off`, () => {
    const { log } = collected({ level })
    assert.deepEqual(
      (['debug', 'info', 'warn', 'error'] as const).filter((one) => log[one] === null),
      [...silent],
    )
  })
}

test('what is off does not even make its fields', () => {
  const { log, lines } = collected()
  let made = 0
  for (let i = 0; i < 10; i++) log.debug?.('frame heard', { number: ++made })
  assert.deepEqual([made, lines], [0, []])
})

test('a file descriptor gets every line that was written before it is closed', async () => {
  const path = join(folder, 'log')
  const out = logFile(openSync(path, 'w'))
  const log = openLog({ level: 'info', format: 'json', out })
  for (let i = 0; i < 100; i++) log.info?.('vip came', { i })
  await out.close()
  assert.equal(readFileSync(path, 'utf8').trimEnd().split('\n').length, 100)
  assert.equal(out.lost(), 0)
})

test('a reader that is stuck costs lines, which are counted, and none of our time', async () => {
  const path = join(folder, 'fifo')
  assert.equal(spawnSync('mkfifo', [path]).status, 0)
  // both ends are ours, and the other one reads late
  const fifo = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const out = logFile(fifo)
  const log = openLog({ level: 'info', format: 'json', out })
  for (let i = 0; i < 3000; i++) log.info?.('vip came', { text: 'x'.repeat(1000) })
  const lost = out.lost()
  assert.ok(lost > 1000 && lost < 3000, `${lost}`)
  const reader = createReadStream(path)
  let text = ''
  reader.on('data', (chunk) => (text += String(chunk)))
  await out.close()
  await until('the rest is read', () => text.split('\n').length - 1 === 3000 - lost)
  reader.destroy()
})
