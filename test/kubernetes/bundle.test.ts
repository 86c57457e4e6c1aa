import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ArpcheckError } from '../../src/errors.ts'

// What is shipped as dist/kubernetes.js, and what it is made from. How fast it starts: bench/kubernetes.bench.ts.

const BUNDLE = join(process.cwd(), 'dist/kubernetes.js')

function node(script: string): string {
  return execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })
}

test('dist/kubernetes.js → loads by itself, with its two doors', () => {
  const names = node(`console.log(Object.keys(require(${JSON.stringify(BUNDLE)})).join())`)
  assert.equal(names.trim(), 'openCluster,readCluster')
})

test('dist/kubernetes.js → holds neither undici nor the generated API, which nobody here calls', () => {
  const text = readFileSync(BUNDLE, 'utf8')
  assert.doesNotMatch(text, /node_modules\/undici|dist\/gen\/models/)
  assert.ok(text.length < 700_000, `${text.length} characters`)
})

test('an error thrown in this bundle → an ArpcheckError in every other', () => {
  const script = `const { openCluster } = require(${JSON.stringify(BUNDLE)})
try { openCluster({ kubeconfig: '/nowhere', env: {} }, {}) } catch (error) { console.log(error.name, error.code, error.exitCode) }`
  assert.equal(node(script).trim(), 'ArpcheckError kubeconfig 2')
  const foreign = Object.assign(new Error('x'), { name: 'ArpcheckError' })
  assert.ok(foreign instanceof ArpcheckError)
  assert.ok(!(new Error('x') instanceof ArpcheckError))
})

test('@kubernetes/client-node as it is installed → loads on this Node, since undici is pinned to 7', () => {
  const script = `import('@kubernetes/client-node').then(({ KubeConfig }) => console.log(typeof KubeConfig))`
  assert.equal(node(script).trim(), 'function')
})
