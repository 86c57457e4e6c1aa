import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, suite, test } from 'node:test'
import { dumpRequest, GET_LINKS } from '../../src/host/netlink.ts'
import { cable, inNamespaces, ipCommand } from '../helpers/netns.ts'
import { until } from '../helpers/until.ts'
import { ADDON, rawAddon, smallOptions, type RawAddon } from './addon.ts'
import { runNode } from './child.ts'
import { questions, replies } from './contract.ts'

// Each method of the addon × each state of what it is called on: what it gives, or that it refuses. The values and the
// misuse of each: native-lifecycle.test.ts; floods at each end: native-endings.test.ts.

type Method = (typeof NAMES)[number]
const NAMES = [
  'open',
  'ready',
  'drain',
  'pending',
  'send',
  'batchesDone',
  'stats',
  'troubles',
  'close',
  'subscription.drain',
  'subscription.close',
  'netlinkDump',
  'netlinkSubscribe',
] as const

interface Subject {
  readonly addon: RawAddon
  readonly capture: InstanceType<RawAddon['Capture']>
  readonly subscription: ReturnType<RawAddon['netlinkSubscribe']>
  readonly options: object
  readonly question: Uint8Array
  readonly room: Uint8Array
  readonly request: Uint8Array
}

// one text of each, which runs here, in a child and in a worker
const CALLS: Readonly<Record<Method, (subject: Subject) => unknown>> = {
  open: ({ capture, options }) => typeof capture.open(options, () => {}).recordBytes,
  ready: ({ capture }) => typeof capture.ready(),
  drain: ({ capture, room }) => typeof capture.drain(room),
  pending: ({ capture }) => typeof capture.pending(),
  send: ({ capture, question }) => capture.send(question, Uint16Array.of(question.length), 0),
  batchesDone: ({ capture }) => typeof capture.batchesDone(),
  stats: ({ capture }) => typeof capture.stats()?.received,
  troubles: ({ capture }) => Array.isArray(capture.troubles()),
  close: ({ capture }) => typeof capture.close(),
  'subscription.drain': ({ subscription }) => subscription.drain().byteLength >= 0,
  'subscription.close': ({ subscription }) => typeof subscription.close(),
  netlinkDump: ({ addon, request }) => addon.netlinkDump(request).byteLength > 100,
  netlinkSubscribe: ({ addon }) => typeof addon.netlinkSubscribe(1, () => {}).close(),
}
const METHODS = `({ ${Object.entries(CALLS)
  .map(([name, call]) => `${JSON.stringify(name)}: ${String(call)}`)
  .join(', ')} })`

/** A method that may not be called in this state: it throws, and the object lives on. */
const REFUSED = 'refused'
const WORKS: Readonly<Record<Method, unknown>> = {
  open: REFUSED,
  ready: 'number',
  drain: 'number',
  pending: 'number',
  send: true,
  batchesDone: 'number',
  stats: 'number',
  troubles: true,
  close: 'undefined',
  'subscription.drain': true,
  'subscription.close': 'undefined',
  netlinkDump: true,
  netlinkSubscribe: 'undefined',
}
const SPENT = { ...WORKS, send: false }
/** Open captures of an interface that is gone take frames, and lose them. */
const STATES: Readonly<Record<string, Readonly<Record<Method, unknown>>>> = {
  'before open': { ...SPENT, open: 'number', stats: 'undefined' },
  open: WORKS,
  draining: WORKS,
  'interface gone': WORKS,
  closed: SPENT,
  'environment ending': WORKS,
  'in a worker': WORKS,
  'in a worker that is ending': WORKS,
  'twice at once': WORKS,
}

function outcome(method: Method, subject: Subject): unknown {
  try {
    return CALLS[method](subject)
  } catch {
    return REFUSED
  }
}

function subjectOn(device: string, onEvents: () => void = () => {}): Subject {
  const addon = rawAddon()
  const subject = {
    addon,
    capture: new addon.Capture(),
    subscription: addon.netlinkSubscribe(1, () => {}),
    options: smallOptions(device),
    question: questions(1)[0]!,
    room: new Uint8Array(144 * 2),
    request: dumpRequest(GET_LINKS),
  }
  after(() => subject.subscription.close())
  after(() => subject.capture.close())
  if (device !== '') subject.capture.open(subject.options, onEvents)
  else subject.options = smallOptions('near')
  return subject
}

/** Each way to bring a method's object into a state and call it there: what every call of it came to. */
const BY_STATE: Readonly<Record<string, (method: Method) => unknown[] | Promise<unknown[]>>> = {
  'before open': (method) => [outcome(method, subjectOn(''))],
  open: (method) => [outcome(method, subjectOn('near'))],
  draining: whileDraining,
  'interface gone': whileGone,
  closed: (method) => {
    const subject = subjectOn('near')
    subject.capture.close()
    return [outcome(method, subject), outcome(method, subject)]
  },
  'twice at once': (method) => {
    const both = [subjectOn('near'), subjectOn('near')]
    return [...both, ...both].map((subject) => outcome(method, subject))
  },
}

/** Called from within the announcement of frames, a part of which has been drained. */
async function whileDraining(method: Method): Promise<unknown[]> {
  const found: unknown[] = []
  const subject = subjectOn('near', () => {
    if (found.length > 0) return
    subject.capture.drain(subject.room.subarray(0, 144))
    found.push(outcome(method, subject))
  })
  const far = subjectOn('far')
  far.capture.send(Buffer.concat(replies(5)), new Uint16Array(5).fill(60), 0)
  await until('the call was made', () => found.length > 0)
  far.capture.close()
  subject.capture.close()
  return found
}

async function whileGone(method: Method): Promise<unknown[]> {
  cable('gone0', 'gone1')
  let told = 0
  const subject = subjectOn('gone0', () => told++)
  ipCommand('link del gone0')
  await until('the end is told', () => told > 0)
  const found = [outcome(method, subject)]
  subject.capture.close()
  return found
}

/** What a program finds that calls every method, as JSON on its standard output. */
function elsewhere(program: string): Record<Method, unknown> {
  const environment = {
    ADDON,
    OPTIONS: JSON.stringify(smallOptions('near')),
    QUESTION: Buffer.from(questions(1)[0]!).toString('hex'),
    REQUEST: Buffer.from(dumpRequest(GET_LINKS)).toString('hex'),
  }
  const { status, signal, stdout, stderr } = runNode(['-e', program], environment)
  assert.deepEqual([status, signal, stderr], [0, null, ''])
  return JSON.parse(stdout) as Record<Method, unknown>
}

const MAKE = `
  const holder = { exports: {} }
  process.dlopen(holder, process.env.ADDON)
  const addon = holder.exports
  const methods = ${METHODS}
  const subjects = Object.fromEntries(Object.keys(methods).map((name) => {
    const options = JSON.parse(process.env.OPTIONS)
    const [capture, subscription] = [new addon.Capture(), addon.netlinkSubscribe(1, () => {})]
    capture.open(options, () => {})
    const [question, request] = ['QUESTION', 'REQUEST'].map((name) => Buffer.from(process.env[name], 'hex'))
    return [name, { addon, capture, subscription, options, question, request, room: new Uint8Array(288) }]
  }))
  function all() {
    return JSON.stringify(Object.fromEntries(Object.entries(methods).map(([name, call]) => {
      try { return [name, call(subjects[name])] } catch { return [name, 'refused'] }
    })))
  }
`
const SAY = `require('node:fs').writeSync(1, all())`
const CHILDREN = {
  'environment ending': `${MAKE}; process.on('exit', () => ${SAY}); setImmediate(() => process.exit())`,
  'in a worker': inWorker(`${MAKE}; ${SAY}; process.exit()`),
  'in a worker that is ending': inWorker(
    `${MAKE}; process.on('exit', () => ${SAY}); setImmediate(() => process.exit())`,
  ),
}

function inWorker(program: string): string {
  return `new (require('node:worker_threads').Worker)(${JSON.stringify(program)}, { eval: true })`
}

function cells(): void {
  for (const [state, expected] of Object.entries(STATES)) {
    suite(state, () => {
      let found: Record<Method, unknown> | undefined
      for (const method of NAMES) {
        test(`${method} → ${String(expected[method])}`, async () => {
          const here = BY_STATE[state]
          if (!here) found ??= elsewhere(CHILDREN[state as keyof typeof CHILDREN])
          const outcomes = here ? await here(method) : [found![method]]
          for (const [i, each] of outcomes.entries())
            assert.equal(each, i > 0 && method === 'open' ? REFUSED : expected[method])
        })
      }
    })
  }
}

// --- killed ---

/** Every step of a life, in order; after each the process waits to be killed. */
const STEPS = {
  loaded: 'process.dlopen(holder, process.env.ADDON); addon = holder.exports',
  created: 'capture = new addon.Capture()',
  opened: 'capture.open(JSON.parse(process.env.OPTIONS), () => {})',
  sending: 'capture.send(new Uint8Array(60 * 50000).fill(2), new Uint16Array(50000).fill(60), 100000)',
  draining: 'capture.drain(new Uint8Array(14400))',
  subscribed: 'subscription = addon.netlinkSubscribe(1, () => {})',
  'told of trouble': 'capture.troubles()',
  closed: 'capture.close()',
}

function killed(): void {
  const names = Object.keys(STEPS)
  for (const last of names) {
    test(`killed once it has ${last} → no socket is left in the kernel`, async () => {
      const steps = Object.values(STEPS).slice(0, names.indexOf(last) + 1)
      const program = `let [holder, addon, capture, subscription] = [{ exports: {} }]
        ${steps.join('\n')}
        require('node:fs').writeSync(1, String(require('node:fs').readFileSync('/proc/net/packet', 'utf8').split('\\n').length))
        process.kill(process.pid, 'SIGKILL')`
      const before = sockets()
      const environment = { ADDON, OPTIONS: JSON.stringify(smallOptions('near')) }
      const { signal, stdout } = runNode(['-e', program], environment)
      assert.equal(signal, 'SIGKILL')
      const isOpen = names.indexOf(last) >= names.indexOf('opened') && last !== 'closed'
      // two packet sockets: one hears, one sends
      assert.equal(Number(stdout) - before.packet, isOpen ? 2 : 0)
      await until('its sockets are gone', () => JSON.stringify(sockets()) === JSON.stringify(before))
    })
  }
}

/** Lines of the kernel's tables of sockets in this namespace. */
function sockets(): { packet: number; netlink: number } {
  const [packet, netlink] = ['packet', 'netlink'].map(
    (table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n').length,
  ) as [number, number]
  return { packet, netlink }
}

inNamespaces(() => {
  cable('near', 'far')
  killed()
  cells()
})
