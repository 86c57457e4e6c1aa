import type { Random } from '../random.ts'

/**
 * Frames that may leave, a second: one may be saved up and no more, so that in any window of w seconds there are at most
 * 1 + w * perSecond.
 */
export interface Bucket {
  readonly perSecond: number
  readonly tokens: number
  readonly atMs: number
}

const DEPTH = 1
/** Sums of thirds and sevenths come out a hair short of a whole frame. */
const EPSILON = 1e-9

/** Filled by chance: daemons that start together would else all wait for their first frame, and send it together. */
export function newBucket(perSecond: number, nowMs: number, random: Random): Bucket {
  return { perSecond, tokens: random.next() * DEPTH, atMs: nowMs }
}

export function hasFrame(bucket: Bucket, nowMs: number): boolean {
  return tokensAt(bucket, nowMs) >= 1 - EPSILON
}

/** When the next frame may leave. */
export function frameAtMs(bucket: Bucket, nowMs: number): number {
  const missing = 1 - tokensAt(bucket, nowMs)
  return missing <= EPSILON ? nowMs : nowMs + (missing / bucket.perSecond) * 1000
}

export function spend(bucket: Bucket, nowMs: number): Bucket {
  return { ...bucket, tokens: tokensAt(bucket, nowMs) - 1, atMs: nowMs }
}

/** A question that nobody answered has cost the one who might have answered nothing. */
export function refund(bucket: Bucket, nowMs: number): Bucket {
  return { ...bucket, tokens: Math.min(DEPTH, tokensAt(bucket, nowMs) + 1), atMs: nowMs }
}

/** The same bucket at another rate. */
export function rerated(bucket: Bucket, perSecond: number, nowMs: number): Bucket {
  return { perSecond, tokens: tokensAt(bucket, nowMs), atMs: nowMs }
}

function tokensAt({ tokens, atMs, perSecond }: Bucket, nowMs: number): number {
  return Math.min(DEPTH, tokens + (Math.max(0, nowMs - atMs) / 1000) * perSecond)
}
