import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { membersScreen } from '../../src/cli/screens/members.ts'
import type { Style } from '../../src/cli/screens/style.ts'
import stringWidth from '../../src/cli/width.ts'
import { parseIp } from '../../src/core/ip.ts'
import { judgeMembership } from '../../src/core/membership.ts'
import { LAN } from '../../src/core/suspicion.ts'
import type { Member, Reading, SpeakerReading } from '../../src/core/views.ts'

// One file a story and style. `ARPCHECK_UPDATE_GOLDEN=1 node .ci/test.mjs cli/members` writes them anew: read the diff.
const folder = join(process.cwd(), 'test/golden-members')
const update = process.env['ARPCHECK_UPDATE_GOLDEN'] === '1'
const PLAIN: Style = { colour: false, ascii: false, width: 80 }
const STYLES = {
  table: { style: PLAIN, wide: false },
  wide: { style: PLAIN, wide: true },
  ascii: { style: { ...PLAIN, ascii: true }, wide: false },
} as const

interface Story {
  readonly readings: readonly SpeakerReading[]
  /** Since the views were first seen to differ. */
  readonly differingMs?: number
  readonly durationMs?: number
}

const NODES = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4']
const HALVES = [view(['nuc-1', 'nuc-2']), view(['nuc-3', 'nuc-4'])] as const

const STORIES: Readonly<Record<string, Story>> = {
  healthy: { readings: NODES.map((name) => of(name, view(NODES))) },
  'one-speaker': { readings: [of('nuc-1', view(['nuc-1']))] },
  'split-brain': {
    differingMs: 300_000,
    readings: NODES.map((name, i) => of(name, HALVES[i < 2 ? 0 : 1])),
  },
  settling: {
    differingMs: 2000,
    readings: NODES.slice(0, 3).map((name, i) =>
      of(name, view(NODES, { 'nuc-4': { state: i === 0 ? 'dead' : 'suspect' } })),
    ),
  },
  'dead-but-counted': {
    readings: [
      ...NODES.slice(0, 3).map((name) => of(name, view(NODES, { 'nuc-1': { incarnation: 4 } }))),
      of('nuc-4', { kind: 'connect-timeout' }),
    ],
  },
  'left-and-rising': {
    readings: NODES.slice(0, 3).map((name, i) =>
      of(name, view(NODES, { 'nuc-4': { state: 'left' }, 'nuc-2': { incarnation: i + 1 } })),
    ),
  },
  'another-address': {
    differingMs: 300_000,
    readings: NODES.map((name, i) =>
      of(name, view(NODES, i === 3 ? { 'nuc-2': { address: parseIp('10.42.0.7')! } } : {})),
    ),
  },
  'wrong-key': { readings: NODES.map((name) => of(name, { kind: 'wrong-key' })) },
  'all-kinds-unread': {
    readings: [
      of('nuc-1', view(['nuc-1'], {}, true)),
      ...(
        [
          { kind: 'refused' },
          { kind: 'no-route' },
          { kind: 'connect-timeout' },
          { kind: 'silent' },
          { kind: 'unfinished' },
          { kind: 'closed' },
          { kind: 'cut-short' },
          { kind: 'sealed' },
          { kind: 'wrong-key' },
          { kind: 'no-key' },
          { kind: 'wants-key' },
          { kind: 'interrupted' },
          { kind: 'remote-error', text: 'Too many\u001b[2J words' },
          { kind: 'malformed', text: 'name-not-utf8' },
          { kind: 'failed', text: 'EMFILE' },
        ] as const
      ).map((reading, i) => of(`node-${i + 2}`, reading)),
    ],
  },
  'hostile-names': {
    readings: ['nuc-1', 'nuc-2'].map((name) =>
      of(name, view(['nuc-1', 'nuc-2', 'x\u001b]0;owned\u0007', '\u202egnp.1-cun', 'n'.repeat(253)])),
    ),
  },
  'two-hundred-nodes': {
    differingMs: 300_000,
    durationMs: 912,
    readings: many(200).map((name, i, all) => of(name, view(i % 40 === 7 ? all.slice(0, 199) : all))),
  },
  'six-opinions': {
    differingMs: 300_000,
    readings: many(6).map((name, i, all) => of(name, view(all.filter((_, k) => k === i || k > i + 1)))),
  },
}

if (update) rmSync(folder, { recursive: true, force: true })

for (const [name, story] of Object.entries(STORIES)) {
  for (const [ending, { style, wide }] of Object.entries(STYLES)) {
    if (name === 'two-hundred-nodes' && ending === 'wide') continue
    test(`${name}.${ending} prints as its golden file, and only what a terminal shows as it is`, () => {
      const lines = screenOf(story, style, wide)
      matches(`${name}.${ending}`, lines.map((line) => `${line}\n`).join(''))
      assert.doesNotMatch(lines.join(''), /\p{C}/u)
      if (!wide)
        assert.deepEqual(
          lines.filter((line) => stringWidth(line) > style.width),
          [],
        )
      if (style.ascii) assert.match(lines.join(''), /^[ -~]*$/)
    })
  }
}

test('colours are around glyphs alone, and change nothing else', () => {
  const story = STORIES['split-brain']!
  const coloured = screenOf(story, { ...PLAIN, colour: true }, false)
  assert.deepEqual(coloured.map(stripVTControlCharacters), screenOf(story, PLAIN, false))
  assert.ok(coloured.join('').includes('\u001b[31m✗\u001b[0m'))
})

test('no golden file is left over', () => {
  const known = Object.keys(STORIES).flatMap((name) =>
    Object.keys(STYLES).map((ending) => `${name}.${ending}`),
  )
  assert.deepEqual(
    readdirSync(folder).filter((file) => !known.includes(file)),
    [],
  )
})

function screenOf(
  { readings, differingMs = 0, durationMs = 90 }: Story,
  style: Style,
  wide: boolean,
): string[] {
  const findings = judgeMembership({
    readings,
    packets: [],
    memberlist: 'on',
    profile: LAN,
    sealed: false,
    differingMs,
    youngestSpeakerMs: 3_600_000,
    downCandidates: [],
    vantage: 'node',
    reachable: new Set(),
  })
  return membersScreen({ readings, findings, memberlist: 'on', durationMs, wide }, style)
}

function matches(file: string, text: string): void {
  const path = join(folder, file)
  if (update) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(path, text)
  }
  assert.equal(text, existsSync(path) ? readFileSync(path, 'utf8') : `${path} is missing`)
}

function of(name: string, reading: Reading): SpeakerReading {
  return { speaker: { name, address: addressOf(name), port: 7946 }, reading, tookMs: 1 }
}

function view(
  names: readonly string[],
  changes: Record<string, Partial<Member>> = {},
  unproven = false,
): Reading {
  const members = names.map((name): Member => ({
    name,
    address: addressOf(name),
    port: 7946,
    state: 'alive',
    incarnation: 1,
    ...changes[name],
  }))
  return { kind: 'view', members, keyIndex: null, unproven }
}

function addressOf(name: string) {
  const number = Number(/(\d+)$/.exec(name)?.[1] ?? 99)
  return parseIp(`192.168.1.${10 + number}`)!
}

function many(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `node-${String(i + 1).padStart(3, '0')}`)
}
