import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TEMPO } from '../../src/core/watch/budget.ts'
import { portsOf, tellStory } from './watch-story.ts'

/** Plays the story for so long, and claims what must hold of it. */
export function claimStory(seconds: number, seed: number): void {
  const story = tellStory(seconds, seed)
  const { world, looks, noticedAfter, moved } = story
  const { mean, most, over } = portsOf(story)
  const each = (count: number): string => (count / seconds).toFixed(1)
  const total = world.broadcasts + world.unicasts + world.replies
  const title = `50 nodes, 1,000 VIPs, ${seconds} s`

  test(`${title}: ${each(total)} frames/s in all, ${each(world.broadcasts)} of them broadcasts (N×M each 30 s: 1667)`, () => {
    assert.ok(world.broadcasts / seconds < (50 * 1000) / 30 / 10)
  })

  test(`${title}: a port carries ${mean.toFixed(1)}/s in the mean, ${most} in its worst second; ${over} seconds of all ports above 15`, () => {
    assert.ok(mean <= TEMPO.perPort / 2)
    assert.ok(most <= 20)
    assert.ok(over <= seconds / 100)
  })

  test(`${title}: ${each(world.wakeUps / 50)} wake-ups a second on each daemon`, () => {
    assert.ok(world.wakeUps / 50 / seconds < 2 * TEMPO.perPort)
  })

  test(`${title}: ${looks.broadcast} looks for the judge, ${looks.silent} of them silent, none of a VIP that was answered`, () => {
    assert.ok(looks.broadcast >= 2 * 1000 * (seconds / 45) * 0.9)
    assert.deepEqual(story.falselySilent, [])
  })

  test(`${title}: two deaths, noticed by ${noticedAfter.length} vantages after ${(100 * Math.max(...noticedAfter)).toFixed(0)} % of an interval at most`, () => {
    assert.ok(noticedAfter.length >= 76 && Math.max(...noticedAfter) <= 1)
  })

  test(`${title}: a dead daemon's ${moved.held} seats moved and no others, and none while the API was away`, () => {
    assert.equal(moved.seats, moved.held)
    assert.equal(story.movedWhileAway, 0)
  })
}
