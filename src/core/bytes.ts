/** A view of the very bytes, not a copy. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The bytes of a view, not a copy. */
export function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

/** The bytes of `view` from `start` up to `end`; the caller has checked that both lie inside. */
export function part(view: DataView, start: number, end: number): DataView {
  return new DataView(view.buffer, view.byteOffset + start, end - start)
}

/** `length` rounded up to whole 32-bit words. */
export function padded(length: number): number {
  return (length + 3) & ~3
}
