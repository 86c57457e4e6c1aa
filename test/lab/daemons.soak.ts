// Stale views, again and again: when four daemons export raw silence, and when the fault verdict. Five minutes.
// Runs alone: what is exported when is held against time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/core/random.ts'
import { ownFolder } from '../helpers/folder.ts'
import {
  HOLD_DOWN_S,
  lossesOf,
  MARGIN_S,
  quantile,
  staleViewsStory,
  tellLosses,
  VIPS_A_ROUND,
  writeStory,
  type Loss,
} from '../helpers/stale-views.ts'
import { failures, playStory, skipReason, USERS } from './lab.ts'

const FAULTS = Number(process.env['ARPCHECK_SOAK_FAULTS'] ?? 50)
const ROUNDS = 3

const folder = ownFolder()
const [user] = USERS

test(
  `${FAULTS} VIPs lost under stale views → p99 of raw silence and verdict within their bounds`,
  { skip: skipReason(user) },
  async (t) => {
    const random = seededRandom(7)
    const losses: Loss[] = []
    for (let lost = 0; lost < FAULTS; lost += ROUNDS * VIPS_A_ROUND) {
      const result = await playStory(
        user,
        writeStory(folder, `stale-${lost}`, staleViewsStory(ROUNDS, random)),
      )
      assert.ok(result.passed, failures(result))
      losses.push(...lossesOf(result))
    }
    tellLosses(t, losses)
    const silence = losses.map(({ silenceS, intervalS }) => silenceS - intervalS)
    const verdict = losses.map(({ verdictS, intervalS }) => verdictS - intervalS - HOLD_DOWN_S)
    assert.ok(quantile(silence, 0.99) <= 1 + MARGIN_S, 'raw silence comes late')
    assert.ok(quantile(verdict, 0.99) <= 1 + MARGIN_S, 'the fault verdict comes late')
  },
)
