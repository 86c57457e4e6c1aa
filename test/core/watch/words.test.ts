import assert from 'node:assert/strict'
import { test } from 'node:test'
import { macAt } from '../../../src/core/mac.ts'
import type { Relation, Sighting } from '../../../src/core/watch/passive.ts'
import type { Heard } from '../../../src/core/watch/schedule.ts'
import {
  framesIn,
  newsIn,
  newWords,
  sightingsIn,
  takeNews,
  takeSighting,
} from '../../../src/core/watch/words.ts'
import { ip } from '../../helpers/segment.ts'

const [VIP, OTHER] = [ip('192.168.1.60'), ip('192.168.1.61')]

function macOf(number: number) {
  return macAt(Uint8Array.of(2, 0, 0, number >> 16, (number >> 8) & 255, number & 255), 0)
}

function sighting(number: number, relation: Relation = 'foreign', ms = number, vip = VIP): Sighting {
  return { vip, mac: macOf(number), node: null, relation, how: 'reply', at: { ms, ns: null } }
}

function heard(number: number, isExpected = false, address = VIP): Heard {
  return { ip: address, mac: macOf(number), how: 'reply', isExpected }
}

test('a MAC that says the same a thousand times → its first word and its last, and how many', () => {
  const words = newWords()
  for (let ms = 0; ms < 1000; ms++) takeSighting(words, sighting(1, 'expected', ms))
  const told = sightingsIn(words).map((one) => [one.at.ms, framesIn(one)])
  assert.deepEqual(told, [
    [0, 1],
    [999, 999],
  ])
})

test('folded frames count as many as they stand for', () => {
  const words = newWords()
  for (const frames of [3, 5]) takeSighting(words, { ...sighting(1), frames })
  assert.deepEqual(sightingsIn(words).map(framesIn), [3, 5])
})

test('100,000 strangers → few of them, all of their frames, and whoever should answer among them', () => {
  const words = newWords()
  for (let i = 0; i < 100_000; i++) takeSighting(words, sighting(i))
  takeSighting(words, sighting(200_000, 'expected'))
  takeSighting(words, sighting(200_001, 'foreign', 0, OTHER))
  const told = sightingsIn(words)
  assert.ok(told.length < 40, `${told.length} sightings`)
  const sum = (relation: Relation, vip: typeof VIP): number =>
    told
      .filter((one) => one.relation === relation && one.vip === vip)
      .reduce((all, one) => all + framesIn(one), 0)
  assert.deepEqual([sum('foreign', VIP), sum('expected', VIP), sum('foreign', OTHER)], [100_000, 1, 1])
})

test('the schedule hears of each MAC once, of few strangers for one address, and of those that should answer beside them', () => {
  const words = newWords()
  for (let i = 0; i < 1000; i++) takeNews(words, heard(i))
  for (let i = 0; i < 3; i++) takeNews(words, heard(5000, true))
  takeNews(words, heard(1, false, OTHER))
  const told = newsIn(words).map((one) => `${one.ip} ${one.isExpected}`)
  const strangers = Array.from({ length: 4 }, () => `${VIP} false`)
  assert.deepEqual(told, [...strangers, `${VIP} true`, `${OTHER} false`])
})
