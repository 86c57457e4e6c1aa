// Stories of the lab, recorded while they are played: the recording is judged as the run was.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { Report } from '../../src/core/report.ts'
import { ownFolder } from '../helpers/folder.ts'
import { failures, playStory, skipReason, USERS } from './lab.ts'

/** Those that turn on silence, on the host's own part, or on how frames came. */
const STORIES = [
  'silent',
  'deaf',
  'self',
  'maybe-self',
  'several-nics',
  'broadcast-deaf',
  'proxy-arp',
  'vlan-tagged',
]

// May take 600 s: a lab of its own for each story, and labs of others on the same machine come first.
const user = USERS.at(-1)!
suite(
  `stories played again from their recordings, as ${user}`,
  { concurrency: 2, skip: skipReason(user) },
  () => {
    const folder = ownFolder()
    chmodSync(folder, 0o755)
    for (const name of STORIES) {
      test(`${name}: same verdicts, same answers, same exit code`, async () => {
        const result = await playStory(user, recordingStory(name, folder))
        assert.ok(result.passed, failures(result))
        for (const { command, exit, report } of result.runs) {
          const [, flag, file, ...asked] = command.split(' ')
          assert.equal(flag, '--pcap')
          const again = arpcheck(['--replay', file!, ...asked, '-o', 'json'])
          assert.deepEqual(judged(JSON.parse(again.stdout)), judged(report as Report), again.stderr)
          assert.equal(again.status, exit)
        }
      })
    }
  },
)

/** The story's file, but each run of arpcheck saves what it hears; runs are numbered from 0. */
function recordingStory(name: string, folder: string): string {
  const saved = join(folder, name)
  mkdirSync(saved)
  chmodSync(saved, 0o777)
  let runs = 0
  const text = readFileSync(`src/lab/stories/${name}.yaml`, 'utf8')
  const path = join(saved, `${name}.yaml`)
  writeFileSync(
    path,
    text.replaceAll('run: arpcheck ', () => `run: arpcheck --pcap ${join(saved, `${runs++}.pcapng`)} `),
  )
  return path
}

function arpcheck(args: readonly string[]) {
  return spawnSync(process.execPath, ['dist/arpcheck.js', ...args], { encoding: 'utf8' })
}

function judged({ vips, vantage, canaries, findings }: Report) {
  return { vips, vantage, canaries, findings }
}
