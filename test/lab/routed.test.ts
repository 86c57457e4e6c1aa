import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { hostsOf } from '../../src/lab/hosts.ts'
import { routedCables, routerLines, routerOf, switchOf } from '../../src/lab/routed.ts'
import type { Ip } from '../../src/core/ip.ts'

const FAR = '192.168.2.14' as Ip

suite('other segments', () => {
  test('hosts of one network need no router', () =>
    assert.deepEqual([routedCables(hostsOf({})), routerLines(hostsOf({}))], [[], []]))

  test('192.168.2.14 is on a switch of its own, behind 192.168.2.1', () => {
    const hosts = hostsOf({ 'nuc-4': { address: FAR } })
    assert.deepEqual([switchOf({ address: FAR }), routerOf(FAR)], ['sw2', '192.168.2.1'])
    assert.deepEqual(routerLines(hosts), ['link set sw2 up', 'addr add 192.168.2.1/24 dev sw2'])
    assert.equal(routedCables(hosts).length, 4)
  })
})
