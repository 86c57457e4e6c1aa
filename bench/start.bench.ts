import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { inTurn, publish, tell } from './measure.ts'

// From exec to exit, against a Node that does nothing. NODE_EXTRA_CA_CERTS is not set, but in the last rows: Node 20 parses
// that file before it runs anything of ours.

const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt'
const SUBJECTS = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'arpcheck --version', args: ['dist/arpcheck.js', '--version'] },
  { name: 'arpcheck --help', args: ['dist/arpcheck.js', '--help'], goal: '≤ 80 ms' },
] as const

const [node, version, help] = inTurn(
  41,
  SUBJECTS.map(
    ({ name, args }) =>
      () =>
        start(name, args),
  ),
)
publish({ key: 'start', unit: 'ms', goal: '≤ 1.3 ×', ours: version!, peers: { 'node -e 0': node! } })
tell({ ...SUBJECTS[2], unit: 'ms', samples: help! })
if (existsSync(AUTHORITIES)) withAuthorities()

function withAuthorities(): void {
  process.env['NODE_EXTRA_CA_CERTS'] = AUTHORITIES
  const times = inTurn(
    11,
    SUBJECTS.map(
      ({ name, args }) =>
        () =>
          start(name, args),
    ),
  )
  for (const [i, { name }] of SUBJECTS.entries())
    tell({ name: `  ${name}, NODE_EXTRA_CA_CERTS set`, unit: 'ms', samples: times[i]! })
}

function start(name: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${error?.message ?? stderr}`)
}
