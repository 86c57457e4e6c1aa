import { encodeArp } from './arp.ts'
import type { Question } from './cluster-side.ts'
import { ipv4Number, type Ip } from './ip.ts'
import { ZERO_MAC, type Mac } from './mac.ts'
import type { RoundPlan } from './round.ts'

const TPA_OFFSET = 38

/** The who-has of each question. Neighbours in the list differ in the address alone: what one has is copied from the other. */
export function whoHasFrames(
  questions: readonly Question[],
  { mac, senders }: Pick<RoundPlan, 'mac' | 'senders'>,
): Uint8Array[] {
  let last: { readonly to: Mac; readonly spa: Ip; readonly frame: Uint8Array } | null = null
  return questions.map(({ ip, to }) => {
    const spa = senders.get(ip)!
    if (last?.to !== to || last.spa !== spa) last = { to, spa, frame: whoHas(ip, to, mac, spa) }
    const [frame, number] = [last.frame.slice(), ipv4Number(ip)]
    // byte by byte: a view would first move the bytes out of the heap
    for (let i = 0; i < 4; i++) frame[TPA_OFFSET + i] = number >>> (24 - 8 * i)
    return frame
  })
}

function whoHas(tpa: Ip, ethDst: Mac, mac: Mac, spa: Ip): Uint8Array {
  return encodeArp({ op: 'who-has', ethDst, ethSrc: mac, sha: mac, spa, tha: ZERO_MAC, tpa })
}
