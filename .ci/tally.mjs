// What one test file has shown, counted from node:test's events, and what is wrong with it beyond failed tests.
import { inspect } from 'node:util'

/** Begins the reason of a skip that no privilege and no package would cure, such as a kernel without 8021q. */
const INCURABLE = 'not here: '
/** Node prints each process warning like this: a listener leak, a deprecated call, a rejection handled late. */
const WARNING = /^\(node:\d+\) (?:\[\w+\] )?\w*Warning: .*/m
/** What node:test itself says at the end. */
const SUMMARY = /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/
const OUTPUT_LIMIT = 256 * 1024

/** A file that is about to run. `failed` and `skipped` hold one entry a test. */
export function newFile(name) {
  return {
    name,
    running: [],
    passed: 0,
    failed: [],
    skipped: [],
    output: '',
    told: [],
    durationMs: 0,
    ended: false,
  }
}

/** Takes one event of the file's run into it. */
export function take(file, { type, data }) {
  if (type === 'test:stdout' || type === 'test:stderr')
    file.output = (file.output + data.message).slice(0, OUTPUT_LIMIT)
  else if (type === 'test:diagnostic') {
    if (!SUMMARY.test(data.message)) file.told.push(data.message)
  } else if (data.name !== undefined && data.name === data.file) takeWhole(file, type, data)
  else if (type === 'test:dequeue') file.running.push(data.name)
  else if (type === 'test:pass') takePass(file, data)
  else if (type === 'test:fail') takeFailure(file, data)
}

/** The file's own process ended. */
function takeWhole(file, type, { details }) {
  if (type !== 'test:complete') return
  file.ended = true
  file.durationMs = details.duration_ms
  if (!details.passed && file.failed.length === 0)
    file.failed.push({ name: 'the file as a whole', error: details.error })
}

function takePass(file, { name, details, skip, todo }) {
  ended(file, name)
  if (skip !== undefined) file.skipped.push({ name, reason: typeof skip === 'string' ? skip.trim() : '' })
  else if (todo !== undefined) file.skipped.push({ name, reason: '' })
  else if (details.type !== 'suite') file.passed++
}

function takeFailure(file, { name, details }) {
  ended(file, name)
  // The parent of a failed test fails too; the failure itself was taken where it happened.
  if (details.error?.failureType !== 'subtestsFailed') file.failed.push({ name, error: details.error })
}

function ended(file, name) {
  const index = file.running.indexOf(name)
  if (index >= 0) file.running.splice(index, 1)
}

/** What a green file must not hide, a line each. `strict`: no test may skip for want of a privilege or a tool. */
export function problems(file, { strict }) {
  const found = []
  const done = file.passed + file.failed.length + file.skipped.length
  if (!file.ended) found.push('was found but never ran')
  else if (done === 0) found.push('ran no test: none is in it, or it ended its process')
  for (const name of file.running) found.push(`${name}: began and never ended`)
  const warning = WARNING.exec(file.output)
  if (warning) found.push(`a process warning: ${warning[0]}`)
  for (const { name, reason } of file.skipped) {
    if (reason === '') found.push(`${name}: skipped without a reason`)
    else if (strict && !reason.startsWith(INCURABLE))
      found.push(`${name}: skipped where none may be: ${reason}`)
  }
  return found
}

/** All that a person should see of a file that has run: its failures whole, and one line. */
export function story(file, wrong) {
  const failures = file.failed.map(
    ({ name, error }) => `\n✗ ${file.name} › ${name}\n${indent(errorText(error))}\n\n`,
  )
  const counts = [`${file.passed} passed`]
  if (file.failed.length > 0) counts.push(`${file.failed.length} failed`)
  if (file.skipped.length > 0) counts.push(`${file.skipped.length} skipped`)
  const mark = file.failed.length + wrong.length > 0 ? '✗' : '✓'
  const line = `${mark} ${file.name.padEnd(44)} ${counts.join(', ')}, ${Math.round(file.durationMs)} ms\n`
  return [file.output, ...failures, line, ...wrong.map((text) => `  ✗ ${text}\n`)].join('')
}

/** The error as thrown, without the frames of Node itself. */
function errorText(error) {
  const cause = error?.cause ?? error
  // An assertion's own message tells both values already; inspect would tell them again.
  const isTold = typeof cause === 'string' || cause?.generatedMessage === true
  const text = isTold ? String(cause.stack ?? cause) : inspect(cause)
  return text
    .split('\n')
    .filter((line) => !/^\s+at .*\(?node:/.test(line))
    .join('\n')
}

function indent(text) {
  return text.replace(/^/gm, '    ')
}
