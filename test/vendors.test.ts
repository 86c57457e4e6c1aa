import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { brotliDecompressSync } from 'node:zlib'
import { vendorOf } from '../src/vendors.ts'
import { mac } from './helpers/segment.ts'

// The list that ships, made of oui-data: real prefixes, as the IEEE gave them away.
for (const [address, vendor] of [
  ['1c:69:7a:aa:04:10', 'EliteGroup Computer Systems'],
  ['24:6f:28:aa:00:99', 'Espressif'],
  ['b8:27:eb:12:34:56', 'Raspberry Pi Foundation'],
  ['00:0c:29:12:34:56', 'VMware'],
  ['00:15:5d:12:34:56', 'Microsoft'],
  ['bc:24:11:12:34:56', 'Proxmox Server Solutions'],
  ['c8:5c:e2:7a:bc:de', 'SYNERGY SYSTEMS AND SOLUTIONS'], // MA-M
  ['70:b3:d5:e5:d0:01', 'Boffins Technologies'], // MA-S
  ['52:54:00:12:34:56', 'random or locally administered'], // QEMU's, and nobody's
] as const) {
  test(`${address} is ${vendor}`, () => assert.equal(vendorOf(mac(address)), vendor))
}

const list = brotliDecompressSync(readFileSync('dist/vendors.txt.br')).toString()
const prefixes = list.split('\n').map((line) => line.slice(0, line.indexOf(' ')))

test('the list takes less than 700 kB, has its prefixes in order, and a name of at most 60 letters for each', () => {
  assert.ok(statSync('dist/vendors.txt.br').size < 700_000)
  assert.match(list, /^(?:[\da-f]{6,9} \S[^\n]{0,59}\n)+$/u)
  assert.deepEqual(prefixes.slice(0, -1), prefixes.slice(0, -1).toSorted())
})

test('it holds the three registries', () => {
  const count = (length: number): number => prefixes.filter((prefix) => prefix.length === length).length
  assert.ok(count(6) > 35_000 && count(7) > 6000 && count(9) > 6500, [6, 7, 9].map(count).join())
})

test('without the list a vendor is not known, and nothing fails', () => {
  const code = `
    const fs = require('node:fs')
    const { readFileSync } = fs
    fs.readFileSync = (path, ...rest) => readFileSync(path.endsWith('.br') ? '/gone' : path, ...rest)
    console.log(require('arpcheck').vendorOf('1c:69:7a:aa:04:10'))`
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' })
  assert.deepEqual([stdout, stderr], ['null\n', ''])
})
