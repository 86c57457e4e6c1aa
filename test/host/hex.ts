import { readFileSync } from 'node:fs'

/** Bytes from their digits; white space only groups them. */
export function hex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits.replaceAll(/\s/g, ''), 'hex'))
}

/** What the kernel answered to one dump, as test/fixtures/README.md tells. */
export function dumpFixture(name: 'links' | 'addresses' | 'routes' | 'neighbours'): Uint8Array {
  return readFileSync(`test/fixtures/netlink/${name}.bin`)
}
