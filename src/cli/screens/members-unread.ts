import { viewsOf, type Reading, type SpeakerReading } from '../../core/views.ts'
import stringWidth from '../width.ts'
import { hanging, pad } from './layout.ts'
import { blank, glyph, show, type Style } from './style.ts'

const UNREAD = {
  refused: 'nothing listens there: no speaker, memberlist off, or another port',
  'no-route': 'no host there, or a firewall says no',
  'connect-timeout': 'no host there, or a filter that drops',
  silent: 'connected, and not a byte: the speaker is stopped or starved',
  unfinished: 'an answer began and did not end in time',
  closed: 'closed without a byte: another label, or too busy',
  'cut-short': 'closed within the answer',
  sealed: 'it uses a key, and none was given',
  'wrong-key': 'no key of ours opens its answer',
  'no-key': 'it has no key, and we used one',
  'wants-key': 'it has a key, and refuses to be asked without',
  interrupted: 'interrupted',
  'remote-error': 'it says',
  malformed: 'its answer makes no sense',
  failed: 'this host could not ask',
} as const satisfies Record<Exclude<Reading['kind'], 'view'>, string>

/** Who could not be read, and why: a line each. */
export function unread(readings: readonly SpeakerReading[], style: Style): string[] {
  const found = readings.flatMap(({ speaker, reading }) =>
    reading.kind === 'view' ? [] : [{ speaker, text: unreadText(reading) }],
  )
  const width = found.reduce(
    (widest, { speaker }) => Math.max(widest, stringWidth(show(speaker.name, style))),
    0,
  )
  return found.flatMap(({ speaker: { name, address, port }, text }, i) => {
    const lead = `  ${glyph('apart', style)}  ${pad(show(name, style), width)}   `
    return [
      ...(i === 0 && readings.length > found.length ? [''] : []),
      ...hanging(lead, show(`${address} port ${port}: ${text}`, style), style.width - 2),
    ]
  })
}

/** Why a speaker could not be read, in a few words; some of them may be its own. */
export function unreadText(reading: Exclude<Reading, { kind: 'view' }>): string {
  const words = UNREAD[reading.kind]
  return 'text' in reading ? `${words}: ${reading.text}` : words
}

/** What the numbers are, and what to doubt. */
export function notes(readings: readonly SpeakerReading[], style: Style): string[] {
  const open = readings.flatMap(({ speaker, reading }) =>
    reading.kind === 'view' && reading.unproven ? [speaker.name] : [],
  )
  const texts = [
    ...(viewsOf(readings).length > 0
      ? ['number: incarnation, which rises each time a member was suspected']
      : []),
    ...(open.length > 0 ? [`answered in the clear though asked with a key: ${open.join(', ')}`] : []),
  ]
  return texts.flatMap((text, i) => [
    ...(i === 0 ? [''] : []),
    ...hanging(`  ${blank(style)}  `, show(text, style), style.width - 2),
  ])
}
