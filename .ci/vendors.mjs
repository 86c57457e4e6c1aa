// Makes the list that names a MAC's vendor: a line for each prefix of the IEEE's registries (MA-L, MA-M, MA-S: 6, 7 or 9
// hex digits), in order, behind it the vendor's name without its legal form. Compressed: 0.4 MB instead of 1.3.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { brotliCompressSync } from 'node:zlib'

const require = createRequire(import.meta.url)
export const vendorData = () => require.resolve('oui-data')

const LEGAL_FORM =
  /[\s,.(]+(?:co|company|l\.?t\.?d|limited|l\.?l\.?c|inc|incorporated|corp|corporate|corporation|g\.?m\.?b\.?h|kg|ag|ab|as|a\/s|aps|s\.?a|s\.?a\.?s|s\.?p\.?a|s\.?r\.?l|s\.?r\.?o|b\.?v|n\.?v|oyj?|plc|pty|pte|pvt|private|sdn|bhd|ltda|d\.o\.o|k\.?k)[\s.,)]*$/i
const LONGEST = 60
/** Who shares a prefix out to others, and who does not want to be named: no vendor. */
const NOBODY = /^(?:IEEE Registration Authority|private)$/i

/** The list as text. */
export function vendorList(data = JSON.parse(readFileSync(vendorData(), 'utf8'))) {
  const rows = Object.entries(data)
    .map(([prefix, address]) => [prefix.toLowerCase(), address.split('\n')[0].replace(/\s+/g, ' ').trim()])
    .filter(([prefix, name]) => /^[\da-f]{6,9}$/.test(prefix) && name !== '' && !NOBODY.test(name))
    .map(([prefix, name]) => `${prefix} ${shortName(name)}\n`)
  return rows.toSorted().join('')
}

export function packedVendorList() {
  return brotliCompressSync(vendorList())
}

/** `EliteGroup Computer Systems Co., LTD` → `EliteGroup Computer Systems`. */
function shortName(name) {
  const less = name.replace(LEGAL_FORM, '').replace(/[\s,&]+$/, '')
  return less === name || less === '' ? name.slice(0, LONGEST) : shortName(less)
}

/** oui-data comes without a file of its licence; this is the one that its package.json and README name. */
export const VENDORS_LICENSE = `vendors.txt.br is made of oui-data (https://github.com/silverwind/oui-data), which collects the public registries of the
IEEE: https://standards-oui.ieee.org/. Names are shortened. oui-data is under the BSD-2-Clause licence:

Copyright (c) silverwind

Redistribution and use in source and binary forms, with or without modification, are permitted provided that the
following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of conditions and the following
   disclaimer.
2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following
   disclaimer in the documentation and/or other materials provided with the distribution.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES,
INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY,
WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF
THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
`
