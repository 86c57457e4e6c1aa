import assert from 'node:assert/strict'
import { compare, getRounds, hashSync } from 'bcryptjs'
import { suite, test } from 'node:test'
import type { Asked } from '../../src/metrics/route.ts'
import { BasicAuth, hashOfNobody } from '../../src/metrics/web/auth.ts'
import { FakeClock } from '../helpers/clock.ts'

// Who may enter with which password, and how much guessing costs us.

const USERS = new Map([
  ['alice', hashSync('open sesame', 4)],
  ['bo:b', hashSync('x', 4)],
  ['zoë', hashSync('ünlock', 4)],
])

function asked(authorization?: string, signal = new AbortController().signal): Asked {
  return {
    query: new URLSearchParams(),
    headers: authorization === undefined ? {} : { authorization },
    signal,
  }
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`
}

/** Real time would tell how busy the machine is: this one tells how often somebody waited. */
class Counted extends FakeClock {
  rests = 0

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.rests++
    return super.sleep(ms, signal)
  }
}

suite('a password', () => {
  for (const [what, header, status] of [
    ['right', basic('alice:open sesame'), null],
    ['right, in letters beyond ASCII', basic('zoë:ünlock'), null],
    ['right, the scheme in capitals', basic('alice:open sesame').replace('Basic', 'BASIC'), null],
    ['wrong', basic('alice:open'), 401],
    ['of another user', basic('zoë:open sesame'), 401],
    ['of nobody', basic('mallory:open sesame'), 401],
    ['empty', basic('alice:'), 401],
    ['for a user with a colon, which Basic cannot name', basic('bo:b:x'), 401],
    ['missing', undefined, 401],
    ['by another scheme', 'Bearer abc', 401],
    ['without a colon', basic('alice'), 401],
    ['no base64', 'Basic ###', 401],
    ['of 600 letters', basic(`alice:${'x'.repeat(600)}`), 401],
  ] as const) {
    test(`${what} → ${status ?? 'let in'}`, async () => {
      const answer = await new BasicAuth(new FakeClock()).refuse(asked(header), USERS)
      assert.equal(answer?.status ?? null, status)
      if (status === 401) assert.match(answer!.headers!['www-authenticate']!, /^Basic realm=/)
    })
  }

  test('is not asked for where there are no users', async () =>
    assert.equal(await new BasicAuth(new FakeClock()).refuse(asked(), new Map()), null))

  test('that was right is compared once; that was changed is compared anew', async () => {
    const clock = new Counted()
    const auth = new BasicAuth(clock)
    const header = basic('alice:open sesame')
    assert.equal(await auth.refuse(asked(header), USERS), null)
    // let in although no comparison could be made any more
    const gone = AbortSignal.abort()
    assert.equal(await auth.refuse(asked(header, gone), USERS), null)
    const changed = new Map([['alice', hashSync('another', 4)]])
    assert.equal((await auth.refuse(asked(header), changed))?.status, 401)
    assert.equal((await auth.refuse(asked(header), new Map([['bob', changed.get('alice')!]])))?.status, 401)
  })

  test('that was wrong makes the next one wait; one that was right does not', async () => {
    const clock = new Counted()
    const auth = new BasicAuth(clock)
    await auth.refuse(asked(basic('alice:open sesame')), USERS)
    await auth.refuse(asked(basic('zoë:ünlock')), USERS)
    assert.equal(clock.rests, 0)
    await auth.refuse(asked(basic('alice:1')), USERS)
    await auth.refuse(asked(basic('mallory:2')), USERS)
    await auth.refuse(asked(basic('alice:3')), USERS)
    assert.ok(clock.rests >= 2)
  })

  test('more than eight at once → 503 for the rest, and who is known is let in all the same', async () => {
    const auth = new BasicAuth(new FakeClock())
    const known = basic('alice:open sesame')
    await auth.refuse(asked(known), USERS)
    const flood = Array.from({ length: 20 }, (_, i) => auth.refuse(asked(basic(`alice:${i}`)), USERS))
    assert.equal(await auth.refuse(asked(known), USERS), null)
    const statuses = (await Promise.all(flood)).map((answer) => answer?.status)
    assert.deepEqual(
      [401, 503].map((status) => statuses.filter((one) => one === status).length),
      [8, 12],
    )
    assert.equal((await auth.refuse(asked(basic('alice:x')), USERS))?.status, 401)
  })
})

for (const cost of [4, 9, 12]) {
  test(`an unknown user costs what a known one does: 2^${cost} rounds, of a hash that nothing leads to`, async () => {
    const nobody = hashOfNobody(
      new Map([['alice', `$2y$${String(cost).padStart(2, '0')}$${'x'.repeat(53)}`]]),
    )
    assert.equal(getRounds(nobody), cost)
    if (cost < 5) assert.equal(await compare('', nobody), false)
  })
}
