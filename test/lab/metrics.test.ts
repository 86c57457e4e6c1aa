import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { SpeakerClaim } from '../../src/core/claims.ts'
import { openLiveCluster } from '../../src/live-cluster.ts'
import { runLab, skipReason, USERS } from './lab.ts'

// Runs alone: one user has one standing lab.
// May take 240 s: labs of others on the same machine come first.
// What the speakers of a lab say of themselves, read there by arpcheck's own way from the kubeconfig on.

const user = USERS[0]
/** Set in the process that runs on a host of the lab. */
const INSIDE = 'ARPCHECK_TEST_CLAIMS'

if (process.env[INSIDE] !== undefined) void tellClaims()
else {
  suite('the metrics of a standing lab', { skip: skipReason(user), concurrency: 1 }, () => {
    test('say what each speaker announces, and count what reaches it and what it answers', async () => {
      await upWhenFree('test/fixtures/lab/metrics.yaml')
      try {
        const before = await claimsInside()
        const vips = [1, 2, 3, 4].map((n) => `192.168.1.6${n}`)
        await onClient(['arpcheck', '--no-kube', '-i', 'eno1', '--count', '3', ...vips])
        const after = await claimsInside()
        assert.deepEqual(rows(after), EXPECTED)
        assert.deepEqual(moved(before, after), MOVED)
      } finally {
        assert.equal((await runLab(user, ['down'])).code, 0)
      }
    })
  })
}

/** Node → what it says; or why it could not be read. */
const EXPECTED = {
  'nuc-1': 'announces 192.168.1.61 for default/one; loaded',
  'nuc-2': 'announces 192.168.1.62 for default/two; loaded',
  'nuc-3': 'announces 192.168.1.63 for default/three; loaded',
  'nuc-4': 'announces 192.168.1.64 for default/four; loaded',
  'nuc-5': 'refused',
  'nuc-6': 'timeout',
  'nuc-7': 'denied',
  'nuc-8': 'announces nothing; loaded, stale',
  'nuc-9': 'announces nothing; not loaded',
}

/** Node → requests and responses while each address was asked for three times. */
const MOVED = {
  'nuc-1': [3, 0], // it could not send
  'nuc-2': [0, 0], // nothing reached it
  'nuc-3': [3, 3], // its replies were lost on the way
  'nuc-4': [3, 3],
}

/** Each attempt waits half a minute for one of the machine's slots. */
async function upWhenFree(story: string): Promise<void> {
  let up = await runLab(user, ['up', story])
  for (let tries = 1; tries < 5 && /Two labs are running/.test(up.stderr); tries++)
    up = await runLab(user, ['up', story])
  assert.equal(up.code, 0, up.stderr)
}

async function onClient(command: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runLab(user, ['shell', 'client', '--', ...command])
  return stdout || assert.fail(stderr)
}

async function claimsInside(): Promise<Told> {
  const again = [process.execPath, ...process.execArgv, process.argv[1]!]
  return JSON.parse(await onClient(['env', `${INSIDE}=1`, ...again])) as Told
}

type Told = readonly (Omit<SpeakerClaim, 'reading'> & { readonly reading: ReadingTold })[]
interface ReadingTold {
  readonly kind: string
  readonly metrics?: {
    readonly announced: readonly { readonly ip: string; readonly service: string }[]
    readonly counters: readonly [ip: string, { readonly requests: number; readonly responses: number }][]
    readonly configLoaded: boolean
    readonly configStale: boolean
  }
}

/** On a host of the lab, in a process of its own. */
async function tellClaims(): Promise<void> {
  const onNote = (note: string): void => assert.fail(note)
  const cluster = await openLiveCluster(
    { env: process.env },
    { keyFile: null, onNoKey: onNote, onNoToken: onNote },
  )
  const { signal } = new AbortController()
  const claims = await cluster.claims.read(await cluster.read(signal), signal)
  await cluster.close()
  process.stdout.write(
    JSON.stringify(claims, (_, value: unknown) => (value instanceof Map ? [...value] : value)),
  )
}

function rows(claims: Told): Record<string, string> {
  return Object.fromEntries(claims.map(({ node, reading }) => [node, wordsOf(reading)]))
}

function wordsOf({ kind, metrics }: ReadingTold): string {
  if (!metrics) return kind
  const { announced, configLoaded, configStale } = metrics
  const claims = announced.map(({ ip, service }) => `${ip} for ${service}`).join(', ') || 'nothing'
  return `announces ${claims}; ${configLoaded ? 'loaded' : 'not loaded'}${configStale ? ', stale' : ''}`
}

function moved(before: Told, after: Told): Record<string, number[]> {
  const names = Object.keys(MOVED)
  return Object.fromEntries(
    names.map((name) => {
      const [from, to] = [countsOf(before, name), countsOf(after, name)]
      return [name, [to[0] - from[0], to[1] - from[1]]]
    }),
  )
}

function countsOf(claims: Told, name: string): [requests: number, responses: number] {
  const { metrics } = claims.find(({ node }) => node === name)!.reading
  const counts = (metrics?.counters ?? []).map(([, one]) => one)
  return [
    counts.reduce((sum, one) => sum + one.requests, 0),
    counts.reduce((sum, one) => sum + one.responses, 0),
  ]
}
