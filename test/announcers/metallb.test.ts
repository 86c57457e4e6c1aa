import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { elect } from '../../src/announcers/metallb/election.ts'
import { groundOf } from '../../src/announcers/metallb/ground.ts'
import { scenarios, snapshotOf, type Scenario } from './oracle/scenarios.ts'

/** Release → what its own code said to each scenario, in order (oracle/README.md). */
const ANSWERS = JSON.parse(readFileSync('test/fixtures/election/metallb.json', 'utf8')) as Record<
  string,
  string[]
>
const SCENARIOS = scenarios(1000)

for (const [version, answers] of Object.entries(ANSWERS)) {
  test(`1,000 made-up clusters: the winner is the one that MetalLB ${version}'s own code elects`, () => {
    assert.equal(answers.length, SCENARIOS.length)
    for (const [index, made] of SCENARIOS.entries())
      assert.equal(ours(made, version), answers[index], made.id)
  })
}

/** Our answer in the words of the oracle. */
function ours(made: Scenario, version: string): string {
  const ground = groundOf(snapshotOf(made, version))
  const [rules, ...others] = ground.rules
  assert.deepEqual(others, [], 'one release, one set of rules')
  if (ground.refused !== undefined) return '!refused'
  const { refusal, candidates } = elect(
    ground.standings.get('default/svc')!,
    ground,
    { members: made.members ?? [] },
    rules!,
  )
  if (refusal?.why === 'no-address') return '!noIPAllocated'
  if (refusal?.why === 'invalid-ip') return '!invalidIP'
  if (refusal?.why === 'not-in-one-pool') return '!ipNotAllowed'
  const [winner] = candidates
  if (!winner) return '-'
  return `${winner.node}@${winner.interfaces === 'all' ? '*' : winner.interfaces.join('+')}`
}
