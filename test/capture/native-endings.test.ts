import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { cable, inNamespaces } from '../helpers/netns.ts'
import { ADDON, rawCapture, smallOptions, type RawCapture } from './addon.ts'
import { runNode } from './child.ts'
import { replies } from './contract.ts'

// Each way in which an environment ends while a capture is open and frames flow both ways.

const SETUP = `
  const { Capture } = (() => { const m = { exports: {} }; process.dlopen(m, process.env.ADDON); return m.exports })()
  const options = { device: 'near', filter: 'arp', etherType: 3, snapLength: 128, kernelBufferBytes: 1 << 20, ringFrames: 4096, highRate: 0, foldRepeats: 0 }
  const open = (onEvents = () => {}) => { const c = new Capture(); c.open(options, onEvents); return c }
  const flood = (c) => c.send(new Uint8Array(60 * 50000).fill(2), new Uint16Array(50000).fill(60), 1000)
`
const FORGET = `${SETUP}
  const fds = () => require('node:fs').readdirSync('/proc/self/fd').length
  const before = fds()
  ;(() => { open() })()
  ;(async () => {
    for (let i = 0; i < 100 && fds() > before; i++) { gc(); await new Promise((r) => setTimeout(r, 10)) }
    console.log(fds() === before ? 'closed' : 'still open')
    process.exit()
  })()
`

/** Each: a program, run by itself, while frames come from the far end; and its exit code. Nothing may be on stderr. */
const ENDINGS: Record<string, [program: string, status: number]> = {
  'closed, then the end is reached': [`const c = open(); flood(c); c.close()`, 0],
  'process.exit while open': [`flood(open()); setTimeout(() => process.exit(5), 30)`, 5],
  'process.exit at once': [`flood(open()); process.exit(5)`, 5],
  'process.exit in an announcement': [`flood(open(() => process.exit(5)))`, 5],
  'opened while the process exits': [`process.on('exit', () => flood(open())); process.exitCode = 5`, 5],
  'closed while the process exits': [
    `const c = open(); flood(c); process.on('exit', () => c.close()); process.exit(5)`,
    5,
  ],
  'an announcement throws, and that is handled': [
    `process.on('uncaughtException', () => process.exit(6)); flood(open(() => { throw 1 }))`,
    6,
  ],
  'a worker ends with one open': [worker(`flood(open()); setTimeout(() => process.exit(), 30)`), 0],
  'a worker is terminated with one open': [
    worker(`flood(open())`, `setTimeout(() => w.terminate(), 100)`),
    0,
  ],
  'a worker closes': [worker(`const c = open(); flood(c); setTimeout(() => c.close(), 30)`), 0],
  'main and three workers at once, all left open': [
    `const c = open(); flood(c)
     ${[1, 2, 3]
       .map(() => worker(`flood(open()); setTimeout(() => process.exit(), 30)`))
       .map((text) => `{${text}}`)
       .join('\n')}
     setTimeout(() => process.exit(5), 400)`,
    5,
  ],
  'twenty workers, one after another': [
    `let left = 20
     function next() { if (left-- > 0) new (require('node:worker_threads').Worker)(${JSON.stringify(`${SETUP}\nflood(open()); process.exit()`)}, { eval: true }).on('exit', next) }
     next()`,
    0,
  ],
}

function worker(program: string, then = ''): string {
  const text = JSON.stringify(`${SETUP}\n${program}`)
  return `const w = new (require('node:worker_threads').Worker)(${text}, { eval: true }); ${then}`
}

inNamespaces(() => {
  cable('near', 'far')
  let far: RawCapture
  before(() => {
    far = rawCapture()
    far.open(smallOptions('far'), () => {})
    // 20,000 frames a second from a thread of its own, for longer than the tests take.
    far.send(Buffer.concat(replies(400_000)), new Uint16Array(400_000).fill(60), 50_000)
  })
  after(() => far.close())

  for (const [how, [program, status]] of Object.entries(ENDINGS)) {
    test(`${how} → exit ${status}, quietly`, () => {
      const child = runNode(['-e', `${SETUP}\n${program}`], { ADDON })
      assert.deepEqual([child.status, child.signal, child.stderr], [status, null, ''])
    })
  }

  test('an open capture that nobody holds is closed by the garbage collector', () => {
    const { status, stdout, stderr } = runNode(['--expose-gc', '-e', FORGET], { ADDON })
    assert.deepEqual([status, stdout.trim(), stderr], [0, 'closed', ''])
  })
})
