import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { pcapHeader } from '../../src/capture/pcap.ts'
import { CaptureFileReader } from '../../src/capture/pcapfile.ts'
import { decodeArp, isGratuitous } from '../../src/core/arp.ts'
import { failures, keepingFolder, playStory, runLab, runLabWithin, skipReason, USERS } from './lab.ts'

const user = USERS[0]

suite('arpcheck lab run', { skip: skipReason(user), concurrency: 2 }, () => {
  test('every fault does what docs/lab.md says', async () => {
    const result = await playStory(user, 'test/fixtures/lab/faults.yaml')
    assert.ok(result.passed, failures(result))
  })

  test('a story that is not as told → exit 1, and a folder with its pcap, log and seed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'arpcheck-lab-test-'))
    const story = 'test/fixtures/lab/wrong.yaml'
    const { code, stdout } = await runLab(user, ['run', story, '--keep-failure', folder, '--seed', '7'])
    const [name = ''] = readdirSync(folder)
    const kept = join(folder, name)
    const read = (file: string) => readFileSync(join(kept, file))
    assert.equal(code, 1)
    assert.match(stdout, /✗ exit code: expected 0, saw 1\n {2}✗ 192\.168\.1\.60: expected ok, saw silent\n/)
    assert.ok(stdout.includes(`✗ not as told`) && stdout.includes(`kept in ${kept}`), stdout)
    assert.deepEqual(read('story.yaml'), readFileSync(story))
    assert.equal(read('seed').toString(), '7\n')
    assert.match(read('log.jsonl').toString(), /"told":"run".*"verdict":"silent"/)
    assert.deepEqual(read('client.pcap').subarray(0, 24), Buffer.from(pcapHeader()))
    rmSync(folder, { recursive: true })
  })

  test('a takeover is announced five times, by request and reply, each 1.1 s by the time scale of 0.1', async () => {
    const { passed, keptIn } = await playStory(user, 'power-off', '--keep', keepingFolder())
    assert.ok(passed)
    const frames = new CaptureFileReader().push(readFileSync(join(keptIn!, 'client.pcap')))
    rmSync(keptIn!, { recursive: true })
    const announced = frames.flatMap(({ bytes, atNs }) => {
      const arp = decodeArp(bytes)
      return typeof arp !== 'string' && isGratuitous(arp)
        ? [{ ...arp, atMs: Number(atNs! / 1000n) / 1000 }]
        : []
    })
    assert.deepEqual(
      announced.map(({ op, sha, spa }) => `${op} ${sha} ${spa}`),
      Array.from({ length: 5 }, () => ['who-has', 'reply'])
        .flat()
        .map((op) => `${op} 1c:69:7a:aa:01:10 192.168.1.60`),
    )
    const bursts = announced.filter(({ op }) => op === 'who-has').map(({ atMs }) => atMs)
    // timers are late, never early; the first one may be as late as any
    assert.ok(bursts.at(-1)! - bursts[0]! > 300, `${bursts.join(', ')} ms`)
  })

  for (const [what, limit, message] of [
    ['no namespace is allowed', 'user/max_user_namespaces', /could not make namespaces of its own: unshare/],
  ] as const) {
    test(`${what} → exit 3, with remedies and no stack`, async () => {
      const { code, stderr } = await runLabWithin(limit, ['run', 'healthy'])
      assert.equal(code, 3)
      assert.match(stderr, message)
      assert.match(stderr, /\n {5}sudo arpcheck lab …/)
      assert.doesNotMatch(stderr, /\n +at /)
    })
  }

  for (const [args, code, message] of [
    [['run', 'helthy'], 2, /There is no story "helthy"\.\n {5}arpcheck lab list/],
    [['run', 'no/such.yaml'], 2, /The story no\/such\.yaml could not be read \(ENOENT\)/],
    [['run', 'healthy', '--seed', 'x'], 2, /--seed takes a whole number, not "x"/],
    [['run'], 2, /arpcheck lab cannot do "run"/],
    [['dance'], 2, /arpcheck lab cannot do "dance"/],
    [['list', '--colour'], 2, /Unknown option '--colour'/],
  ] as const) {
    test(`arpcheck lab ${args.join(' ')} → exit ${code}`, async () => {
      const ran = await runLab(user, args)
      assert.equal(ran.code, code)
      assert.match(ran.stderr, message)
      assert.equal(ran.stdout, '')
    })
  }
})

test('arpcheck lab list names each story in one line', async () => {
  const { code, stdout } = await runLab(user, ['list'])
  assert.equal(code, 0)
  assert.match(stdout, /^healthy {2,}Seven Services on four nodes/m)
})
