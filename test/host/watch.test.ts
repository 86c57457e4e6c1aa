import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HostTable } from '../../src/core/host.ts'
import type { ArpcheckError } from '../../src/errors.ts'
import { changesIn, watchHost } from '../../src/host/watch.ts'
import { FakeClock } from '../helpers/clock.ts'
import { hex } from '../helpers/hex.ts'

const ALL: ReadonlySet<HostTable> = new Set(['links', 'addresses', 'routes'])
const event = (type: string) => `10000000 ${type}00 0000 00000000 00000000`

for (const [title, bytes, tables] of [
  ['nothing', '', []],
  ['a new link', event('10'), ['links']],
  ['a deleted link', event('11'), ['links']],
  ['a new and a deleted address', event('14') + event('15'), ['addresses']],
  ['a route and a neighbour', event('19') + event('1c'), ['routes', 'neighbours']],
  ['a message of another kind', event('48'), []],
  ['NLMSG_OVERRUN: events were lost', event('10') + event('04'), [...ALL]],
  ['a message whose length lies', `${event('10')} ffffff7f`, [...ALL]],
] as const) {
  test(`${title} → changed: ${tables.join(', ') || 'nothing'}`, () => {
    assert.deepEqual([...changesIn(hex(bytes), ALL)], tables)
  })
}

/** The addon's side of a watch, driven by hand. */
class FakeEvents {
  wake = () => {}
  drain: () => Uint8Array = () => hex(event('10'))
  groups = 0
  closed = 0

  readonly netlinkSubscribe = (groups: number, wake: () => void) => {
    this.groups = groups
    this.wake = wake
    return { drain: () => this.drain(), close: () => void this.closed++ }
  }
}

function watched(addon: FakeEvents, neighbours = false) {
  const told: HostTable[][] = []
  const errors: ArpcheckError[] = []
  const clock = new FakeClock()
  const options = { addon, clock, neighbours }
  const watch = watchHost(
    (changed) => told.push([...changed]),
    (error) => errors.push(error),
    options,
  )
  return { told, errors, clock, watch }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('a burst is told once, a tenth of a second after its first event', async () => {
  const addon = new FakeEvents()
  const { told, clock } = watched(addon)
  addon.wake()
  assert.deepEqual(told, [])
  await settled()
  assert.deepEqual([told, clock.monotonicMs()], [[['links']], 100])
})

test('events that change no table tell nothing', async () => {
  const addon = new FakeEvents()
  const { told } = watched(addon)
  addon.drain = () => hex(event('48'))
  addon.wake()
  await settled()
  assert.deepEqual(told, [])
})

test('a watch closed within the tenth of a second tells nothing', async () => {
  const addon = new FakeEvents()
  const { told, watch } = watched(addon)
  addon.wake()
  watch.close()
  await settled()
  assert.deepEqual([told, addon.closed], [[], 1])
})

test('a reading that ended → onError with host-unreadable, once, and the watch is closed', async () => {
  const addon = new FakeEvents()
  const { told, errors } = watched(addon)
  addon.drain = () => {
    throw Object.assign(new Error('netlink events: Bad file descriptor'), { code: 'host-unreadable' })
  }
  addon.wake()
  await settled()
  assert.deepEqual([told, addon.closed], [[], 1])
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['host-unreadable'],
  )
  assert.match(errors[0]!.message, /netlink events: Bad file descriptor/)
})

test('a subscription that is refused → host-unreadable', () => {
  const addon = {
    netlinkSubscribe: () => {
      throw new Error('netlink subscription: Operation not permitted')
    },
  }
  const open = () =>
    watchHost(
      () => {},
      () => {},
      { addon },
    )
  assert.throws(open, { code: 'host-unreadable', message: /Operation not permitted/ })
})

test('neighbours are another multicast group', () => {
  const [without, including] = [new FakeEvents(), new FakeEvents()]
  watched(without)
  watched(including, true)
  assert.deepEqual([without.groups, including.groups], [0x551, 0x555])
})
