import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { electFrom, ballotOf, winnerOf } from '../../src/announcers/metallb/election.ts'
import { groundOf } from '../../src/announcers/metallb/ground.ts'
import { metallb } from '../../src/announcers/metallb/metallb.ts'
import type { ClusterSnapshot } from '../../src/core/cluster.ts'
import type { ClusterExpectation } from '../../src/core/expectation.ts'
import { view } from './home.ts'
import { scenarios, snapshotOf } from './oracle/scenarios.ts'

const VERSIONS = ['v0.13.5', 'v0.13.12', 'v0.14.3', 'v0.14.5', 'v0.14.9', 'v0.15.3', 'v0.16.1', 'v0.16.2']
/** A made-up cluster, and the names of its members. */
const made = fc.tuple(fc.integer(), fc.constantFrom(...VERSIONS)).map(([seed, version]) => {
  const [scenario] = scenarios(1, seed)
  return { cluster: snapshotOf(scenario!, version), members: scenario!.members ?? [] }
})

test('the order of nodes, slices, endpoints, pools, advertisements and pods changes nothing', () => {
  fc.assert(
    fc.property(made, fc.integer(), ({ cluster, members }, seed) => {
      const mixed = shuffled(cluster, seed)
      assert.deepEqual(ballots(mixed), ballots(cluster))
      assert.deepEqual(expectations(mixed, members), expectations(cluster, members))
    }),
  )
})

test('a member that does not win changes no winner by going', () => {
  fc.assert(
    fc.property(made, fc.nat(), ({ cluster, members }, index) => {
      for (const { ballot, ground } of ballotsOf(cluster)) {
        const winner = winnerOf(ballot, new Set(members))
        const others = members.filter((name) => name !== winner)
        const gone = others[index % Math.max(1, others.length)]
        const rest = electFrom(ballot, { members, without: gone === undefined ? [] : [gone] }, ground)
        assert.equal(rest.candidates[0]?.node ?? null, winner)
      }
    }),
  )
})

test('the winner is a candidate of every larger list of members, and the first of those it beats', () => {
  fc.assert(
    fc.property(made, ({ cluster, members }) => {
      for (const { ballot, ground } of ballotsOf(cluster)) {
        const all = electFrom(ballot, { members: ground.nodes.keys() }, ground).candidates
        const some = electFrom(ballot, { members }, ground).candidates
        assert.deepEqual(
          some,
          all.filter((candidate) => some.includes(candidate)),
        )
      }
    }),
  )
})

test('every node and every member is a candidate or excluded, and never both', () => {
  fc.assert(
    fc.property(made, ({ cluster, members }) => {
      for (const { ballot, ground } of ballotsOf(cluster)) {
        const election = electFrom(ballot, { members }, ground)
        if (ballot.refusal) continue
        const told = [...election.candidates, ...election.excluded].map(({ node }) => node)
        const base = ballot.base === 'members' ? members : []
        assert.deepEqual(told.toSorted(), [...new Set([...ground.nodes.keys(), ...base])].toSorted())
      }
    }),
  )
})

test('a refusal and a candidate are never there together, and one of them always is', () => {
  fc.assert(
    fc.property(made, ({ cluster, members }) => {
      for (const { ballot, ground } of ballotsOf(cluster)) {
        const { refusal, candidates } = electFrom(ballot, { members }, ground)
        assert.equal(refusal === null, candidates.length > 0)
        assert.equal(winnerOf(ballot, new Set(members)), candidates[0]?.node ?? null)
      }
    }),
  )
})

test('when all views agree, nobody but the winner is expected and nobody else is possible', () => {
  fc.assert(
    fc.property(made, ({ cluster, members }) => {
      for (const expected of expectations(cluster, members)) {
        if (expected.kind !== 'somebody' || expected.shares.length > 1) continue
        assert.equal(expected.answerers.length + expected.possible.length, 1)
      }
    }),
  )
})

function ballotsOf(cluster: ClusterSnapshot) {
  const ground = groundOf(cluster)
  return [...ground.standings.values()].flatMap((standing) =>
    ground.rules.map((rules) => ({ ballot: ballotOf(standing, ground, rules), ground })),
  )
}

function ballots(cluster: ClusterSnapshot): unknown {
  return ballotsOf(cluster).map(({ ballot }) => ({
    ...ballot,
    excluded: ballot.excluded.map(({ node, why }) => `${node} ${why}`).toSorted(),
  }))
}

function expectations(cluster: ClusterSnapshot, members: readonly string[]): ClusterExpectation[] {
  const evidence = {
    views: members.map((by) => view(by, members)),
    silentNodes: new Set<string>(),
    maxAgeMs: 1,
  }
  return metallb.vips(cluster).vips.map((vip) => metallb.elect(vip, cluster, evidence))
}

function shuffled(cluster: ClusterSnapshot, seed: number): ClusterSnapshot {
  const mix = <T>(list: readonly T[]): T[] =>
    list
      .map((value, index) => ({ value, key: Math.imul(index + 1, seed | 1) }))
      .sort((a, b) => a.key - b.key)
      .map(({ value }) => value)
  return {
    ...cluster,
    nodes: mix(cluster.nodes),
    pools: mix(cluster.pools),
    l2Advertisements: mix(cluster.l2Advertisements),
    speakerPods: mix(cluster.speakerPods),
    endpointSlices: mix(cluster.endpointSlices).map((slice) => ({
      ...slice,
      endpoints: mix(slice.endpoints),
    })),
  }
}
