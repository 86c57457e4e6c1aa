import { ipBytes, type Ip } from '../../core/ip.ts'

/** A field of a message, already encoded. */
export type Encoded = Uint8Array

/** A struct as memberlist writes it: a map whose keys are sorted by name. */
export function struct(fields: Readonly<Record<string, Encoded>>): Encoded {
  const entries = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.concat([
    Uint8Array.of(0x80 | entries.length),
    ...entries.flatMap(([name, value]) => [text(name), value]),
  ])
}

/** Text and bytes alike: the old dialect knows raw8 up to 31 bytes, then lengths of two and four bytes. */
export function raw(bytes: Uint8Array): Encoded {
  return Buffer.concat([rawHead(bytes.length), bytes])
}

export function text(value: string): Encoded {
  return raw(Buffer.from(value, 'utf8'))
}

export function address(ip: Ip | null): Encoded {
  return ip === null ? nil() : raw(ipBytes(ip))
}

export function nil(): Encoded {
  return Uint8Array.of(0xc0)
}

export function flag(value: boolean): Encoded {
  return Uint8Array.of(value ? 0xc3 : 0xc2)
}

export function unsigned(value: number): Encoded {
  if (value < 0x80) return Uint8Array.of(value)
  if (value < 0x100) return Uint8Array.of(0xcc, value)
  return value < 0x10000 ? withU16(0xcd, value) : withU32(0xce, value)
}

/** Signed forms, also for what is positive, as memberlist 0.5.1 and later write `Nodes`, `UserStateLen` and `State`. */
export function signed(value: number): Encoded {
  if (value >= 0 && value < 0x80) return Uint8Array.of(value)
  if (value < 0 && value >= -32) return Uint8Array.of(0x100 + value)
  return value >= -0x8000 && value < 0x8000 ? withU16(0xd1, value & 0xffff) : withU32(0xd2, value >>> 0)
}

function rawHead(length: number): Uint8Array {
  if (length < 32) return Uint8Array.of(0xa0 | length)
  return length < 0x10000 ? withU16(0xda, length) : withU32(0xdb, length)
}

function withU16(head: number, value: number): Uint8Array {
  return Uint8Array.of(head, value >> 8, value & 0xff)
}

function withU32(head: number, value: number): Uint8Array {
  return Uint8Array.of(head, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
}
