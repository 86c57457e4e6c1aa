import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ArpcheckError } from '../../src/errors.ts'
import { findStory, storyNames } from '../../src/lab/stories.ts'
import { parseStory } from '../../src/lab/story.ts'

const STORY = `name: one
tells: One sentence.
hosts:
  nuc-4: { owns: [192.168.1.60] }
steps:
  - fault: release nuc-4 192.168.1.60
  - run: arpcheck --iface eno1 192.168.1.60
    expect:
      exit: 1
      vips:
        192.168.1.60: { verdict: silent, answered: [], findings: [ARP101] }
`

for (const name of storyNames()) {
  test(`story ${name} is valid and is called by its file's name`, () =>
    assert.equal(findStory(name).story.name, name))
}

test('a story is read as typed values', () => {
  const { hosts, steps } = parseStory(STORY, 'one.yaml')
  assert.deepEqual(hosts, { 'nuc-4': { owns: ['192.168.1.60'] } })
  assert.deepEqual(steps[0], { fault: { verb: 'release', host: 'nuc-4', address: '192.168.1.60' } })
  assert.deepEqual(steps[1]!.run, ['--iface', 'eno1', '192.168.1.60'])
  assert.equal(steps[1]!.expect!.exit, 1)
})

for (const [from, to, message] of [
  ['tells:', 'tels:', 'story: unknown key "tels"; did you mean "tells"?'],
  [
    'verdict:',
    'verdct:',
    'line 11, steps.1.expect.vips.192.168.1.60: unknown key "verdct"; did you mean "verdict"?',
  ],
  ['verdict: silent, ', '', 'steps.1.expect.vips.192.168.1.60.verdict: a verdict is missing'],
  [
    'silent',
    'silnt',
    'line 11, steps.1.expect.vips.192.168.1.60.verdict: "silnt" is no verdict; did you mean "silent"?',
  ],
  ['[ARP101]', '[ARP199]', '"ARP199" is no finding code'],
  ['answered: []', 'answered: [nuc-5]', 'there is no host "nuc-5"; did you mean "nuc-1"?'],
  ['release nuc-4', 'releas nuc-4', 'line 6, steps.0.fault: "releas" is no fault; did you mean "release"?'],
  ['release nuc-4', 'release nuc-9', 'line 6, steps.0.fault: there is no host "nuc-9"'],
  ['release nuc-4 192.168.1.60', 'release nuc-4', 'line 6, steps.0.fault: write: release HOST ADDRESS'],
  ['release nuc-4 192.168.1.60', 'unplug nuc-4 192.168.1.60', 'line 6, steps.0.fault: write: unplug HOST'],
  ['run: arpcheck', 'run: sh -c', 'line 7, steps.1.run: a run starts with the word arpcheck'],
  ['- run: arpcheck', '- note: x', 'only a run has "on", "expect" and "while"'],
  ['release nuc-4', 'announce nuc-4', 'line 6, steps.0.fault: nuc-4 has no speaker'],
  [
    'nuc-4: { owns: [192.168.1.60] }',
    'nuc-4: { speaker: { mutd: true } }',
    'unknown key "mutd"; did you mean "muted"?',
  ],
  ['nuc-4: {', 'nuc-4: { nics: { eth1: {} },', 'further NICs are called eno2 to eno9'],
  ['- fault: release nuc-4 192.168.1.60', '- until: who-has 192.168.1.60', 'write: NUMBER who-has ADDRESS'],
  ['expect:', 'while: [{ run: arpcheck, while: [] }]\n    expect:', 'unknown key "while"'],
  ['nuc-4: {', 'printer: {', 'line 4, hosts.printer: a host of your own needs an address'],
  ['nuc-4: {', 'Nuc_4: {', '"Nuc_4" is not a host name'],
  [
    'owns: [192.168.1.60]',
    'owns: [192.168.1.600]',
    'line 4, hosts.nuc-4.owns.0: "192.168.1.600" is not an IPv4 address',
  ],
  ['steps:', 'steps: []\nx:', 'steps: '],
  ['name: one', 'name: [one', 'one.yaml is not a story: '],
] as const) {
  test(`${JSON.stringify(to)} in a story is told as: ${message}`, () => {
    assert.throws(
      () => parseStory(STORY.replace(from, to), 'one.yaml'),
      (error: unknown) =>
        error instanceof ArpcheckError &&
        error.code === 'config' &&
        (assert.ok(error.message.includes(message), error.message), true),
    )
  })
}

test('a name that is no story and no path is a usage error', () => {
  assert.throws(() => findStory('helthy'), { code: 'usage', message: 'There is no story "helthy".' })
})
