import type { Draft } from './draft.ts'
import type { Target } from './plan.ts'
import { nextSweepMs } from './timing.ts'

/** Of a few moments the one farthest from other sweeps that the same ports answer: those that come at once must wait. */
const CHOICES = 4

/** Somewhere in the first span, which is taken as a ring: its ends have no more room than its middle. */
export function firstSweepMs(draft: Draft, target: Target): number {
  const { nowMs, random } = draft
  const { firstMs } = target
  return roomiestMs(draft, target, firstMs, () => nowMs + random.next() * firstMs)
}

export function spacedSweepMs(draft: Draft, target: Target): number {
  return roomiestMs(draft, target, Infinity, () => nextSweepMs(target, draft.nowMs, draft.random))
}

function roomiestMs({ plan, asks }: Draft, target: Target, ringMs: number, choose: () => number): number {
  const near = [...plan.targets.values()].filter((one) => one !== target && sharesPort(one, target))
  const dues = near.flatMap(({ ip }) => asks.get(ip)?.sweepDueMs ?? [])
  const room = (ms: number): number => Math.min(...dues.map((due) => apartMs(due, ms, ringMs)))
  const choices = Array.from({ length: CHOICES }, choose)
  return choices.reduce((best, other) => (room(other) > room(best) ? other : best))
}

function apartMs(a: number, b: number, ringMs: number): number {
  const ms = Math.abs(a - b)
  return Math.min(ms, Math.abs(ringMs - ms))
}

function sharesPort({ ports }: Target, other: Target): boolean {
  return ports.some((port) => other.ports.includes(port))
}
