import { ARP_FRAME_BYTES, encodeArp } from './arp.ts'
import type { Question } from './attribution.ts'
import { ipv4Number, type Ip } from './ip.ts'
import { ZERO_MAC, type Mac } from './mac.ts'
import type { RoundPlan } from './round.ts'

const TPA_OFFSET = 38

/**
 * The who-has of each question, one behind the other. Neighbours in the list differ in the address alone: what one has is
 * copied from the other.
 */
export function whoHasFrames(
  questions: readonly Question[],
  { mac, senders }: Pick<RoundPlan, 'mac' | 'senders'>,
): Uint8Array[] {
  const bytes = new Uint8Array(questions.length * ARP_FRAME_BYTES)
  let last: { readonly to: Mac; readonly spa: Ip; readonly frame: Uint8Array } | null = null
  return questions.map(({ ip, to }, i) => {
    const [spa, at, number] = [senders.get(ip)!, i * ARP_FRAME_BYTES, ipv4Number(ip)]
    if (last?.to !== to || last.spa !== spa) last = { to, spa, frame: whoHas(ip, to, mac, spa) }
    bytes.set(last.frame, at)
    for (let byte = 0; byte < 4; byte++) bytes[at + TPA_OFFSET + byte] = number >>> (24 - 8 * byte)
    return bytes.subarray(at, at + ARP_FRAME_BYTES)
  })
}

function whoHas(tpa: Ip, ethDst: Mac, mac: Mac, spa: Ip): Uint8Array {
  return encodeArp({ op: 'who-has', ethDst, ethSrc: mac, sha: mac, spa, tha: ZERO_MAC, tpa })
}
