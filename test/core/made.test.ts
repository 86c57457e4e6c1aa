import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Made } from '../../src/core/made.ts'

test('a value is made when somebody asks for it, once, and the whole is a map', () => {
  const made: string[] = []
  const map = new Made(new Map([['a', 1], ['b', 2]]), (key) => {
    made.push(key)
    return key.toUpperCase()
  }) // prettier-ignore
  assert.deepEqual([map.size, map.has('a'), map.has('c'), map.get('c'), [...map.keys()]], [2, true, false, undefined, ['a', 'b']]) // prettier-ignore
  assert.deepEqual(made, [])
  assert.equal(map.get('b'), 'B')
  assert.deepEqual([...map], [['a', 'A'], ['b', 'B']]) // prettier-ignore
  assert.deepEqual([...map.values()], ['A', 'B'])
  assert.deepEqual(made, ['b', 'a'])
})
