import { spawnSync } from 'node:child_process'
import { inTurn, tell } from './measure.ts'

// From exec to exit, against a Node that does nothing.

const SUBJECTS = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'arpcheck --version', args: ['dist/arpcheck.js', '--version'], goal: '≤ 1.3 ×' },
  { name: 'arpcheck --help', args: ['dist/arpcheck.js', '--help'], goal: '≤ 80 ms' },
] as const

const times = inTurn(
  41,
  SUBJECTS.map(
    ({ name, args }) =>
      () =>
        start(name, args),
  ),
)
for (const [i, subject] of SUBJECTS.entries())
  tell({ ...subject, unit: 'ms', samples: times[i]!, against: SUBJECTS[0].name })

function start(name: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${error?.message ?? stderr}`)
}
