import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Ip } from '../../../src/core/ip.ts'
import { NOTHING } from '../../../src/lab/cluster/follow.ts'
import { eventsBetween, recordsAfter } from '../../../src/lab/cluster/records.ts'
import { momentOf, WEB } from './moment.ts'

const announcers = (...nodes: string[]) =>
  new Map(nodes.map((node) => [node, { ...NOTHING, services: ['default/web'] }] as const))
const failing = (...nodes: string[]) =>
  new Map(nodes.map((node) => [node, { ...NOTHING, failed: [{ ip: VIP, service: 'default/web' }] }] as const))
const VIP = '192.168.1.60' as Ip
const recorded = (...nodes: string[]) => new Map([['default/web', nodes]])
const OFF = { off: new Map([['nuc-4', 1]]) }

suite('what speakers write down', () => {
  for (const [what, before, by, told, life, after] of [
    ['whoever announces first', [], ['nuc-4'], WEB, {}, ['nuc-4']],
    ['the new owner takes away the old record', ['nuc-4'], ['nuc-1'], WEB, OFF, ['nuc-1']],
    ['a dead owner cannot take away its own', ['nuc-4'], [], WEB, OFF, ['nuc-4']],
    ['a live owner that stops takes away its own', ['nuc-4'], [], WEB, {}, []],
    ['two that announce write two', [], ['nuc-1', 'nuc-4'], WEB, {}, ['nuc-1', 'nuc-4']],
    [
      'what the story says stands',
      ['nuc-4'],
      ['nuc-4'],
      { ...WEB, records: { web: 'nuc-3' } },
      {},
      ['nuc-3'],
    ],
  ] as const) {
    test(`${what}: ${before.join() || 'nobody'} → ${after.join() || 'nobody'}`, () => {
      const moment = momentOf(told, life)
      assert.deepEqual(recordsAfter(recorded(...before), announcers(...by), moment), recorded(...after))
    })
  }

  test('the record of a Service that is gone goes too', () =>
    assert.deepEqual(recordsAfter(recorded('nuc-4'), new Map(), momentOf({ services: {} })), new Map()))

  test('a takeover is one nodeAssigned event of the new owner', () => {
    const events = eventsBetween(announcers('nuc-4'), announcers('nuc-1'), '2026-01-01T00:00:00Z')
    assert.deepEqual(
      events.map(({ metadata, message }) => [metadata.name, message]),
      [['web.nuc-1', 'announcing from node "nuc-1" with protocol "layer2"']],
    )
    assert.deepEqual(eventsBetween(announcers('nuc-4'), announcers('nuc-4'), ''), [])
  })

  test('an owner without the named interface is no record, a nodeAssigned and an announceFailed event', () => {
    assert.deepEqual(recordsAfter(new Map(), failing('nuc-4'), momentOf(WEB)), recorded())
    const events = eventsBetween(new Map(), failing('nuc-4'), '2026-01-01T00:00:00Z')
    assert.deepEqual(
      events.map(({ type, reason }) => [type, reason]),
      [
        ['Normal', 'nodeAssigned'],
        ['Warning', 'announceFailed'],
      ],
    )
    assert.match(
      String(events[1]!['message']),
      /LB IP "192\.168\.1\.60" doesn't exist in assigned node "nuc-4"/,
    )
  })
})
