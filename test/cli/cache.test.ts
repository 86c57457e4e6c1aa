import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cacheFolder, VipCache, type VipList } from '../../src/cli/cache.ts'
import { folder } from '../helpers/double.ts'
import { ip } from '../helpers/segment.ts'

const ORIGIN = 'context "nuc" of /root/.kube/config'
const LIST: VipList = {
  savedAtMs: 1_795_000_000_000,
  vips: [
    { vip: ip('192.168.1.60'), services: ['ingress/traefik'], pool: 'default' },
    { vip: ip('2001:db8::60'), services: [], pool: null },
  ],
}

test('what is kept comes back', async (t) => {
  const cache = new VipCache(join(folder(t), 'arpcheck'), ORIGIN)
  assert.equal(await cache.load(), null)
  await cache.save(LIST)
  assert.deepEqual(await cache.load(), LIST)
  await cache.save({ ...LIST, vips: [] })
  assert.deepEqual(await cache.load(), { ...LIST, vips: [] })
})

test('names of nodes come back, as many as may be kept; those that are none cost no VIP', async (t) => {
  const [path, nodes] = [folder(t), Array.from({ length: 1100 }, (_, i) => `nuc-${i}`)]
  const cache = new VipCache(path, ORIGIN)
  await cache.save({ ...LIST, nodes })
  assert.deepEqual(await cache.load(), { ...LIST, nodes: nodes.slice(0, 1024) })
  await cache.save({ ...LIST, nodes: ['nuc-1', '$(reboot)'] })
  assert.deepEqual(await cache.load(), LIST)
})

test('what a run left that was killed while it wrote goes with the next list; that of one that runs stays', async (t) => {
  const path = folder(t)
  const cache = new VipCache(path, ORIGIN)
  await cache.save(LIST)
  const [name] = readdirSync(path)
  const over = spawnSync('true').pid
  for (const ending of [over, process.ppid, 'mine']) writeFileSync(join(path, `${name}.${ending}`), '{')
  await cache.save(LIST)
  assert.deepEqual(new Set(readdirSync(path)), new Set([name, `${name}.${process.ppid}`, `${name}.mine`]))
})

test('each cluster has a list of its own', async (t) => {
  const path = folder(t)
  await new VipCache(path, ORIGIN).save(LIST)
  assert.equal(await new VipCache(path, 'context "other" of /root/.kube/config').load(), null)
})

test('no more than 4,096 VIPs are kept', async (t) => {
  const cache = new VipCache(folder(t), ORIGIN)
  const one = LIST.vips[0]!
  await cache.save({ ...LIST, vips: Array.from({ length: 5000 }, () => one) })
  assert.equal((await cache.load())?.vips.length, 4096)
})

for (const [what, change] of [
  ['no JSON', () => '{"version":1'],
  ['another version', (text) => text.replace('"version":1', '"version":2')],
  ['another cluster', (text) => text.replace('nuc', 'lab')],
  ['no time', (text) => text.replace('1795000000000', '"now"')],
  ['no list', (text) => text.replace(/"vips":.*/, '"vips":{}}')],
  ['a VIP that is none', (text) => text.replace('192.168.1.60', '192.168.1.600')],
  ['a VIP that is no text', (text) => text.replace('"192.168.1.60"', '60')],
  ['a Service without a name', (text) => text.replace('ingress/traefik', '')],
  ['a name without an end', (text) => text.replace('traefik', 't'.repeat(600))],
  ['a pool that is a number', (text) => text.replace('"default"', '7')],
  ['an entry that is null', (text) => text.replace(/\{"vip":"2001.*?\}/, 'null')],
  ['more than a megabyte', (text) => text + ' '.repeat(1_048_576)],
] as const satisfies readonly (readonly [string, (text: string) => string])[]) {
  test(`a file with ${what} counts as none`, async (t) => {
    const path = folder(t)
    const cache = new VipCache(path, ORIGIN)
    await cache.save(LIST)
    const kept = join(path, readdirSync(path)[0]!)
    writeFileSync(kept, change(`${JSON.stringify({ version: 1, origin: ORIGIN, ...LIST })}\n`))
    assert.equal(await cache.load(), null)
  })
}

test('a link in the place of the list is neither followed nor written through', async (t) => {
  const path = folder(t)
  const cache = new VipCache(path, ORIGIN)
  await cache.save(LIST)
  const [name] = readdirSync(path)
  const [elsewhere, own] = [join(folder(t), 'elsewhere'), join(path, name!)]
  writeFileSync(elsewhere, JSON.stringify({ version: 1, origin: ORIGIN, ...LIST }))
  rmSync(own)
  symlinkSync(elsewhere, own)
  assert.equal(await cache.load(), null)
  await cache.save({ ...LIST, vips: [] })
  assert.deepEqual(await cache.load(), { ...LIST, vips: [] })
})

test('a folder that others may read is closed to them', async (t) => {
  const path = join(folder(t), 'arpcheck')
  mkdirSync(path)
  chmodSync(path, 0o755)
  await new VipCache(path, ORIGIN).save(LIST)
  assert.equal(statSync(path).mode & 0o777, 0o700)
})

test(
  'root writes nothing into the folder of somebody else',
  { skip: process.getuid?.() === 0 ? false : 'needs root, to give a folder away' },
  async (t) => {
    const path = join(folder(t), 'arpcheck')
    mkdirSync(path)
    chownSync(path, 65_534, 65_534)
    await assert.rejects(new VipCache(path, ORIGIN).save(LIST), /belongs to another user/)
    assert.deepEqual(readdirSync(path), [])
  },
)

test('nothing half-written is left where the list cannot take its place', async (t) => {
  const path = folder(t)
  const cache = new VipCache(path, ORIGIN)
  await cache.save(LIST)
  const [name] = readdirSync(path)
  rmSync(join(path, name!))
  mkdirSync(join(path, name!, 'in-the-way'), { recursive: true })
  await assert.rejects(cache.save(LIST))
  assert.deepEqual(readdirSync(path), [name])
})

for (const [env, place] of [
  [{ XDG_CACHE_HOME: '/var/cache/jo', HOME: '/home/jo' }, '/var/cache/jo/arpcheck'],
  [{ XDG_CACHE_HOME: '', HOME: '/home/jo' }, '/home/jo/.cache/arpcheck'],
  [{ XDG_CACHE_HOME: 'relative', HOME: '/home/jo' }, '/home/jo/.cache/arpcheck'],
  [{}, null],
] as const) {
  test(`${JSON.stringify(env)} keeps lists ${place === null ? 'nowhere' : `in ${place}`}`, () =>
    assert.equal(cacheFolder(env), place))
}
