import { createDecipheriv, type CipherGCMTypes } from 'node:crypto'
import type { MemberlistKeys } from './keys.ts'

export const SEALED_TYPE = 0x0a
export const NONCE_BYTES = 12
export const SEALED_HEADER_BYTES = 5
export const TAG_BYTES = 16
const BLOCK_BYTES = 16
const PIECE_BYTES = 64 * 1024
/** Version, nonce and tag around the text. */
export const SEALED_OVERHEAD = 1 + NONCE_BYTES + TAG_BYTES

export interface Opened {
  readonly plain: Uint8Array
  /** Which of our keys opened it. */
  readonly keyIndex: number
  readonly version: 0 | 1
}

/** Why a sealed message stays closed. */
export type Closed = 'no-key-fits' | 'sealed-length' | 'sealed-version' | 'bad-padding'

/** Tries every key. */
export function open(sealed: Uint8Array, keys: MemberlistKeys, authenticated: Uint8Array): Opened | Closed {
  const version = sealed[0]
  if (sealed.length < SEALED_OVERHEAD) return 'sealed-length'
  if (version !== 0 && version !== 1) return 'sealed-version'
  const text = Buffer.allocUnsafeSlow(sealed.length - SEALED_OVERHEAD)
  for (let keyIndex = 0; keyIndex < keys.count; keyIndex++) {
    if (!keys.with(keyIndex, (key) => decrypt(sealed, key, authenticated, text))) continue
    const plain = version === 0 ? withoutPadding(text) : text
    return plain ? { plain, keyIndex, version } : 'bad-padding'
  }
  return 'no-key-fits'
}

/** Writes the plain text into `into`; true when it is authentic. By pieces, because each makes garbage of its length. */
function decrypt(sealed: Uint8Array, key: Uint8Array, authenticated: Uint8Array, into: Uint8Array): boolean {
  const start = 1 + NONCE_BYTES
  const end = sealed.length - TAG_BYTES
  const nonce = sealed.subarray(1, start)
  const decipher = createDecipheriv(algorithm(key), key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(authenticated).setAuthTag(sealed.subarray(end))
  for (let at = start; at < end; at += PIECE_BYTES)
    into.set(decipher.update(sealed.subarray(at, Math.min(end, at + PIECE_BYTES))), at - start)
  try {
    decipher.final()
    return true
  } catch {
    // The only way in which Node tells that the tag does not fit.
    return false
  }
}

/** Version 0 pads to whole blocks with 1 to 16 bytes that each hold their count. */
function withoutPadding(text: Uint8Array): Uint8Array | undefined {
  const count = text.at(-1) ?? 0
  const fits = text.length % BLOCK_BYTES === 0 && count >= 1 && count <= BLOCK_BYTES && count <= text.length
  if (!fits || !text.subarray(-count).every((byte) => byte === count)) return undefined
  return text.subarray(0, -count)
}

export function algorithm(key: Uint8Array): CipherGCMTypes {
  return `aes-${(key.length * 8) as 128 | 192 | 256}-gcm`
}
