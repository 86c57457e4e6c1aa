import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { parseIp } from '../../src/core/ip.ts'
import { ClaimReader } from '../../src/speakers/reader.ts'
import { cable, inNamespaces, ipCommand } from '../helpers/netns.ts'

// Speakers that cannot be connected to, each in its own way. What answers is in reader.test.ts.

inNamespaces(() => {
  cable('eth0', 'nobody')
  ipCommand('link set lo up')
  ipCommand('addr add 10.0.0.1/24 dev eth0')
  ipCommand('route add unreachable 10.0.1.0/24')
  ipCommand('route add prohibit 10.0.2.0/24')

  for (const [what, address, kind] of [
    ['no host on the segment', '10.0.0.9', 'timeout'],
    ['a router that knows no way', '10.0.1.9', 'no-route'],
    ['a firewall that says no', '10.0.2.9', 'no-route'],
    ['no route at all', '192.0.2.1', 'no-route'],
    ['no IPv6 here', '2001:db8::1', 'no-route'],
    ['nothing that listens', '10.0.0.1', 'refused'],
  ] as const) {
    test(`${what} → ${kind}`, async () => {
      const reader = new ClaimReader({ clock: systemClock, timeoutMs: 300, token: async () => null })
      const endpoints = [
        { scheme: 'http', port: 7472 },
        { scheme: 'https', port: 9120 },
      ] as const
      const source = { node: 'nuc-9', address: parseIp(address)!, endpoints }
      assert.deepEqual((await reader.read(source, new AbortController().signal)).reading, { kind })
    })
  }
})
