import { decodeArp, type CapturedFrame } from '../../src/core/arp.ts'

/** A frame in tcpdump's words: `1795354000.000000001 02:… > ff:…, ethertype ARP (0x0806), length 42: Request …`. */
export function asTcpdump({ bytes, wireLength, atNs }: CapturedFrame): string {
  const arp = decodeArp(bytes)
  if (typeof arp === 'string') return arp
  const stamp = `${atNs! / 1_000_000_000n}.${String(atNs! % 1_000_000_000n).padStart(9, '0')}`

  const said =
    arp.op === 'who-has' ? `Request who-has ${arp.tpa} tell ${arp.spa}` : `Reply ${arp.spa} is-at ${arp.sha}`
  const where = `${arp.ethSrc} > ${arp.ethDst}, ethertype ARP (0x0806)`
  return `${stamp} ${where}, length ${wireLength}: ${said}, length ${wireLength - 14}`
}
