import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { vendorIn, type VendorOf } from './core/vendor.ts'

/** Lies beside the bundle that reads it; .ci/vendors.mjs makes it. */
const LIST_PATH = join(__dirname, 'vendors.txt.br')
const MAX_BYTES = 8 * 1_048_576

let list: string | undefined

/** Looks a MAC up in the IEEE's registries, which are read at first use. */
export const vendorOf: VendorOf = (mac) => vendorIn(mac, () => (list ??= readList()))

/** Without its list a check is whole but for vendors. */
function readList(): string {
  try {
    return brotliDecompressSync(readFileSync(LIST_PATH), { maxOutputLength: MAX_BYTES }).toString()
  } catch {
    return ''
  }
}
