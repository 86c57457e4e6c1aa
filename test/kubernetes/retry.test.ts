import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Random } from '../../src/core/random.ts'
import type { Problem } from '../../src/kubernetes/problem.ts'
import { isOlder } from '../../src/kubernetes/resource.ts'
import { type Ending, nextStep, type Step } from '../../src/kubernetes/retry.ts'

// How to go on after a watch has ended. `random` is always the most that it can be, so waits are the longest possible.

const MOST: Random = { next: () => 1, below: (limit) => limit - 1 }
const LIVED: Ending = {
  problem: null,
  livedMs: 3e5,
  progressed: true,
  otherVariant: false,
  wide: false,
  wasThere: false,
}
const AT_ONCE: Ending = { ...LIVED, livedMs: 0, progressed: false }

function says(code: number, retryAfterMs: number | null = null): Problem {
  return { kind: 'status', status: { code, reason: '', message: '', retryAfterMs } }
}

const NETWORK: Problem = { kind: 'network', cause: new Error('ECONNRESET') }
const GARBAGE: Problem = { kind: 'garbage', what: 'no JSON' }

const CASES: readonly [title: string, ending: Ending, failures: number, step: Partial<Step>][] = [
  [
    'a good watch ends as agreed → at once, from where it was',
    LIVED,
    3,
    { waitMs: 0, relist: null, failures: 0 },
  ],
  ['a watch ends at once → up to 0.8 s', AT_ONCE, 0, { waitMs: 800, relist: null, failures: 1 }],
  ['for the fourth time → up to 6.4 s', AT_ONCE, 3, { waitMs: 6400, failures: 4 }],
  ['for the hundredth time → up to 30 s', AT_ONCE, 100, { waitMs: 30_000 }],
  [
    'a good watch breaks → up to 0.8 s, from where it was',
    { ...LIVED, problem: NETWORK },
    9,
    { waitMs: 800, relist: null, health: 'lost', failures: 1 },
  ],
  [
    'a short watch that told something new → the count begins anew',
    { ...AT_ONCE, progressed: true },
    9,
    { waitMs: 800, failures: 1 },
  ],
  [
    '410 → list again, spread over 5 s',
    { ...LIVED, problem: says(410) },
    0,
    { waitMs: 4999, relist: 'expired', health: 'lost' },
  ],
  [
    '410 again at once → backoff',
    { ...AT_ONCE, problem: says(410) },
    4,
    { waitMs: 12_800, relist: 'expired' },
  ],
  ['garbage → list again', { ...LIVED, problem: GARBAGE }, 0, { relist: 'garbage', health: 'lost' }],
  [
    '403 → once a minute, denied',
    { ...AT_ONCE, problem: says(403) },
    5,
    { waitMs: 72_000, relist: 'polled', health: 'denied', failures: 0 },
  ],
  [
    '403 of a wide request → what a ServiceAccount may have',
    { ...AT_ONCE, problem: says(403), wide: true, otherVariant: true },
    0,
    { waitMs: 0, nextVariant: true },
  ],
  [
    '404 → once a minute, absent',
    { ...AT_ONCE, problem: says(404) },
    5,
    { waitMs: 72_000, health: 'absent' },
  ],
  [
    '404 of what was there a moment ago → asked again soon, and kept',
    { ...AT_ONCE, problem: says(404), wasThere: true },
    0,
    { waitMs: 800, health: 'lost' },
  ],
  [
    '404 with an older API version left → that, at once',
    { ...AT_ONCE, problem: says(404), otherVariant: true },
    0,
    { waitMs: 0, nextVariant: true, relist: 'variant' },
  ],
  [
    '400 with a request without selector left → that, at once',
    { ...AT_ONCE, problem: says(400), otherVariant: true },
    0,
    { waitMs: 0, nextVariant: true },
  ],
  [
    '429 with Retry-After 7 → 7 s and up to 0.8 s',
    { ...AT_ONCE, problem: says(429, 7000) },
    0,
    { waitMs: 7800, relist: null, health: 'lost' },
  ],
  [
    '401, although read again → backoff',
    { ...AT_ONCE, problem: says(401) },
    2,
    { waitMs: 3200, relist: null, health: 'lost' },
  ],
]

for (const [title, ending, failures, expected] of CASES) {
  test(title, () => {
    const step = nextStep(ending, failures, MOST)
    const picked = Object.fromEntries(Object.keys(expected).map((key) => [key, step[key as keyof Step]]))
    assert.deepEqual(picked, expected)
  })
}

const VERSIONS: readonly [left: string, right: string, older: boolean][] = [
  ['9', '10', true],
  ['10', '9', false],
  ['10', '10', false],
  ['99999999999999999998', '99999999999999999999', true],
  ['abc', '10', false],
  ['', '10', false],
  ['0', '10', false],
]

test('versions → compared as whole numbers of any length; of what is none nothing is known', () => {
  for (const [left, right, older] of VERSIONS) assert.equal(isOlder(left, right), older, `${left} ${right}`)
})
