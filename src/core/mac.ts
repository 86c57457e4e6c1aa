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

/** Few MACs talk, and each of them often: the last text of each slot is kept. */
const SLOTS = 1024
const texts: (Mac | undefined)[] = []
const [uppers, lowers] = [new Uint32Array(SLOTS), new Uint32Array(SLOTS)]

/** The six bytes at `offset`; the caller has checked the length. */
export function macAt(bytes: Uint8Array, offset: number): Mac {
  const upper = (bytes[offset]! << 16) | (bytes[offset + 1]! << 8) | bytes[offset + 2]!
  const lower = (bytes[offset + 3]! << 16) | (bytes[offset + 4]! << 8) | bytes[offset + 5]!
  const slot = (lower ^ (lower >>> 10) ^ upper) & (SLOTS - 1)
  const known = texts[slot]
  if (known !== undefined && uppers[slot] === upper && lowers[slot] === lower) return known
  uppers[slot] = upper
  lowers[slot] = lower
  return (texts[slot] = macText(bytes, offset))
}

function macText(bytes: Uint8Array, offset: number): Mac {
  let text = HEX[bytes[offset]!]!
  for (let i = 1; i < MAC_BYTES; i++) text += ':' + HEX[bytes[offset + i]!]!
  return text as Mac
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
