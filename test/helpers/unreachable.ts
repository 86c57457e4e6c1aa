import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseIp, type Ip } from '../../src/core/ip.ts'
import { cable, inNamespaces, ipCommand } from './netns.ts'

/** Speakers that cannot be connected to, each in its own way: what `read` says of each. */
export function unreachableSpeakers(
  timedOut: string,
  read: (address: Ip) => Promise<{ readonly kind: string }>,
): void {
  inNamespaces(() => {
    cable('eth0', 'nobody')
    ipCommand('link set lo up')
    ipCommand('addr add 10.0.0.1/24 dev eth0')
    ipCommand('route add unreachable 10.0.1.0/24')
    ipCommand('route add prohibit 10.0.2.0/24')

    for (const [what, address, kind] of [
      ['no host on the segment', '10.0.0.9', timedOut],
      ['a router that knows no way', '10.0.1.9', 'no-route'],
      ['a firewall that says no', '10.0.2.9', 'no-route'],
      ['no route at all', '192.0.2.1', 'no-route'],
      ['no IPv6 here', '2001:db8::1', 'no-route'],
      ['nothing that listens', '10.0.0.1', 'refused'],
    ] as const)
      test(`${what} → ${kind}`, async () => assert.deepEqual(await read(parseIp(address)!), { kind }))
  })
}
