import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Question } from '../../../src/core/attribution.ts'
import { BROADCAST_MAC } from '../../../src/core/mac.ts'
import { answeredBeside, askBeside, type Allowed, type Beside } from '../../../src/core/watch/beside.ts'
import { ip, mac } from '../../helpers/segment.ts'

const BOARD = mac('24:6f:28:5e:10:9c')
const [A, B] = [ip('192.168.1.11'), ip('192.168.1.12')]
const alone = (address: typeof A): Question => ({ ip: address, to: BOARD })

function allowed(nowMs: number, change: Partial<Allowed> = {}): Allowed {
  const sent = { perSecond: 2, tokens: 1, atMs: 0 }
  return { sent, perPort: 0.5, isBusy: () => false, nowMs, ...change }
}

const waiting = (...queue: Question[]): Beside => ({ queue, answering: new Map() })

test('two questions, two frames a second → one now, the other in half a second', () => {
  const first = askBeside(waiting(alone(A), alone(B)), allowed(0))
  assert.deepEqual([first.questions, first.wakeMs], [[alone(A)], 500])
  const second = askBeside(first.beside, allowed(500, { sent: first.sent }))
  assert.deepEqual([second.questions, second.wakeMs], [[alone(B)], Infinity])
})

test('who answered is asked another only as fast as a port may be made to answer', () => {
  const first = askBeside(waiting(alone(A), alone(B)), allowed(0))
  const owing = answeredBeside(first.beside, [BOARD], 0)
  const soon = askBeside(owing, allowed(500, { sent: first.sent }))
  assert.deepEqual([soon.questions, soon.wakeMs], [[], 2000])
  assert.equal(askBeside(soon.beside, allowed(2000, { sent: soon.sent })).questions.length, 1)
})

test('who owes for one answer → is not forgiven because nothing waits for him', () => {
  const owing = answeredBeside(askBeside(waiting(alone(A)), allowed(0)).beside, [BOARD], 0)
  const idle = askBeside(owing, allowed(100))
  const again = askBeside({ ...idle.beside, queue: [alone(B)] }, allowed(200))
  assert.deepEqual([again.questions, again.wakeMs], [[], 2000])
})

test('an address that is listened for just now → waits, and others go ahead', () => {
  const { questions, beside, wakeMs } = askBeside(
    waiting(alone(A), { ip: B, to: BROADCAST_MAC }),
    allowed(0, { isBusy: (one) => one === A }),
  )
  assert.deepEqual([questions.map((one) => one.ip), beside.queue, wakeMs], [[B], [alone(A)], 500])
})

test('nothing may be sent at all → nothing leaves, and nothing wakes', () => {
  const sent = { perSecond: 0, tokens: 0, atMs: 0 }
  const { questions, wakeMs } = askBeside(waiting(alone(A)), allowed(1000, { sent }))
  assert.deepEqual([questions, wakeMs], [[], Infinity])
})
