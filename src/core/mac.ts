/** An Ethernet address in one spelling, `1c:69:7a:aa:04:10`, so that `===` compares it. */
export type Mac = string & { readonly [brand]: 'Mac' }
declare const brand: unique symbol

export const MAC_BYTES = 6
export const ZERO_MAC = '00:00:00:00:00:00' as Mac
export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff' as Mac

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const COLON_OR_DASH = /^[0-9a-f]{1,2}([:-])[0-9a-f]{1,2}(?:\1[0-9a-f]{1,2}){4}$/i
const DOTTED_OR_BARE = /^(?:[0-9a-f]{12}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})$/i

/** Reads `1C-69-7A-AA-04-10`, `1c:69:…`, `1c69.7aaa.0410` or twelve digits; undefined for anything else. */
export function parseMac(text: string): Mac | undefined {
  if (COLON_OR_DASH.test(text)) {
    return text
      .toLowerCase()
      .split(/[:-]/)
      .map((part) => part.padStart(2, '0'))
      .join(':') as Mac
  }
  if (!DOTTED_OR_BARE.test(text)) return undefined
  return text.toLowerCase().replaceAll('.', '').match(/../g)!.join(':') as Mac
}

/** The same few MACs come again and again: their texts are remembered, one for each place that their bytes lead to. */
const MEMO = {
  size: 1024,
  upper: new Uint16Array(1024),
  lower: new Int32Array(1024),
  texts: Array<Mac>(1024),
}

/** The six bytes at `offset`; the caller has checked the length. */
export function macAt(bytes: Uint8Array, offset: number): Mac {
  const upper = (bytes[offset]! << 8) | bytes[offset + 1]!
  const lower =
    (bytes[offset + 2]! << 24) | (bytes[offset + 3]! << 16) | (bytes[offset + 4]! << 8) | bytes[offset + 5]!
  return macOf(upper, lower)
}

/** The MAC of two bytes and four. */
export function macOf(upper: number, lower: number): Mac {
  const place = (lower ^ (lower >> 12) ^ upper) & (MEMO.size - 1)
  const known = MEMO.texts[place]
  if (known !== undefined && MEMO.lower[place] === lower && MEMO.upper[place] === upper) return known
  MEMO.upper[place] = upper
  MEMO.lower[place] = lower
  return (MEMO.texts[place] = macText(upper, lower))
}

function macText(upper: number, lower: number): Mac {
  const bytes = [
    upper >>> 8,
    upper & 255,
    lower >>> 24,
    (lower >>> 16) & 255,
    (lower >>> 8) & 255,
    lower & 255,
  ]
  return bytes.map((byte) => HEX[byte]).join(':') as Mac
}

/** Writes the six bytes of `mac` at `offset`. */
export function putMac(mac: Mac, bytes: Uint8Array, offset: number): void {
  for (let i = 0; i < MAC_BYTES; i++) bytes[offset + i] = Number.parseInt(mac.slice(i * 3, i * 3 + 2), 16)
}

/** Multicast or broadcast (IEEE 802: the I/G bit): never a lawful sender. */
export function isGroupMac(mac: Mac): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1
}

/** Locally administered (IEEE 802: the U/L bit): made by software, or randomised; no vendor owns it. */
export function isLocalMac(mac: Mac): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 2) === 2
}
