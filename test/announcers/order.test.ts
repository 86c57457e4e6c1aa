import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { prepareElections } from '../../src/announcers/metallb/metallb.ts'
import { hashOf, Orders } from '../../src/announcers/metallb/order.ts'
import { nucCluster, VIPS } from '../helpers/nucs.ts'

const nodesOf = (numbers: readonly number[]): ReadonlySet<string> => new Set(numbers.map((i) => `node-${i}`))
const texts = ['10.0.0.1', '10.0.0.2', '2001:db8::1']

function sorted(names: ReadonlySet<string>, text: string): string[] {
  return [...names].toSorted((a, b) => (hashOf(a, text) < hashOf(b, text) ? -1 : 1))
}

test('whichever nodes come and go, what is remembered is the beginning of the order of all', () => {
  const fleets = fc.array(fc.uniqueArray(fc.nat(60), { minLength: 1 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(fleets, (all) => {
      const orders = new Orders()
      for (const names of all.map(nodesOf))
        for (const text of texts) {
          const first = orders.firstOf(names, text)
          assert.deepEqual(first, sorted(names, text).slice(0, first.length))
          assert.ok(first.length >= Math.min(3, names.size))
        }
    }),
  )
})

test('one node more of many → the same order, with it in its place', () => {
  const [few, more] = [nodesOf(range(100)), nodesOf(range(101))]
  const orders = new Orders()
  const all = Array.from({ length: 400 }, (_, i) => `10.0.1.${i}`)
  for (const text of all) orders.firstOf(few, text)
  for (const text of all) assert.deepEqual(orders.firstOf(more, text), sorted(more, text).slice(0, 8))
})

test('30,000 addresses → 20,000 are remembered', () => {
  const orders = new Orders()
  const names = nodesOf([1, 2])
  for (let i = 0; i < 30_000; i++) orders.firstOf(names, String(i))
  assert.equal(orders.size, 20_000)
})

test('elections are prepared one VIP at a time, and a Service without an address is none', () => {
  const all = nucCluster()
  const waiting = { ...all, services: all.services.map((one) => ({ ...one, ingress: [] })) }
  assert.equal([...prepareElections(all)].length, Object.keys(VIPS).length)
  assert.deepEqual([...prepareElections(waiting)], [])
})

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i)
}
