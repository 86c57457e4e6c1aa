// What of others is in the bundles: dist/THIRD-PARTY.txt with their licences, and a list for the SBOM and the tests.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'

/** Licences that ask for their text to be passed on, and no more. */
export const PERMISSIVE = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'Python-2.0',
]
const TEXTS = /^(?:licen[cs]e|copying|notice)(?:[-.].*)?$/i

/** The packages that esbuild took files from, each once, in order. */
export function bundledPackages({ inputs }) {
  const folders = Object.keys(inputs).flatMap((path) => {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)
    return found ? [found[1]] : []
  })
  return [...new Set(folders)]
    .map(packageIn)
    .toSorted((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1))
}

function packageIn(folder) {
  const { name, version, license, homepage, author } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  )
  const texts = readdirSync(join(root, folder))
    .filter((file) => TEXTS.test(file))
    .toSorted()
    .map((file) => readFileSync(join(root, folder, file), 'utf8').trim())
  return { name, version, license: chosen(license), homepage, author: author?.name ?? author, texts }
}

/** Of several that are offered, one that is permissive. */
function chosen(license) {
  if (typeof license !== 'string') return 'unknown'
  const offered = license.replaceAll(/[()]/g, '').split(' OR ')
  return offered.find((one) => PERMISSIVE.includes(one)) ?? license
}

/** Those that may not be shipped under Apache-2.0, or of which that is not known. */
export function refused(packages) {
  return packages
    .filter(({ license }) => !PERMISSIVE.includes(license))
    .map(({ name, version, license }) => `${name}@${version}: ${license}`)
}

export function thirdPartyText(packages) {
  const parts = packages.map(({ name, version, license, homepage, author, texts }) =>
    [
      `${name} ${version} (${license})${homepage ? `\n${homepage}` : ''}`,
      ...(texts.length > 0
        ? texts
        : [`Copyright (c) ${author ?? `the authors of ${name}`}. Licence: ${license}.`]),
    ].join('\n\n'),
  )
  return [HEAD, ...parts, LIBPCAP].join(`\n\n${'-'.repeat(100)}\n\n`).concat('\n')
}

const HEAD = `arpcheck is under the Apache License 2.0 (LICENSE). Its bundles hold parts of the packages below, each under its own licence.
The list of vendors has a file of its own, vendors.LICENSE.`

const LIBPCAP = `libpcap (BSD-3-Clause), in the arpcheck.node of releases
https://www.tcpdump.org/

Copyright (C) 1993-2008 The Regents of the University of California.

Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following
conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of conditions and the following
   disclaimer.
2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following
   disclaimer in the documentation and/or other materials provided with the distribution.
3. The names of the authors may not be used to endorse or promote products derived from this software without specific
   prior written permission.

THIS SOFTWARE IS PROVIDED \`\`AS IS'' AND WITHOUT ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, WITHOUT LIMITATION, THE
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE.`
