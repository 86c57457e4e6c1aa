import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isFault, VERDICTS, type VerdictName } from '../../../src/core/verdict.ts'
import { announcing } from '../../../src/lab/cluster/elect.ts'
import { BORN } from '../../../src/lab/cluster/life.ts'
import { nodesOf } from '../../../src/lab/cluster/moment.ts'
import { hostsOf } from '../../../src/lab/hosts.ts'
import { drawFor } from '../../../src/lab/campaign/draw.ts'
import { drawCluster } from '../../../src/lab/campaign/draw-cluster.ts'
import { scenesIn, storyOf } from '../../../src/lab/campaign/draft.ts'
import { episodeOf, FAULT_PLOTS } from '../../../src/lab/campaign/episode.ts'
import { ownersOf } from '../../../src/lab/campaign/knowledge.ts'
import type { Truth } from '../../../src/lab/campaign/oracle.ts'
import { ORDINARY_PLOTS } from '../../../src/lab/campaign/plots-ordinary.ts'
import { parseStory } from '../../../src/lab/story.ts'

const SEED = 5
const MANY = 300
const DRAWN = Array.from({ length: MANY }, (_, number) => episodeOf(SEED, number, FAULT_PLOTS))

suite('drawn episodes', () => {
  test('the same seed and number → the same story, in whatever order they are drawn', () => {
    for (const number of [17, 3, 0]) assert.deepEqual(episodeOf(SEED, number, FAULT_PLOTS), DRAWN[number])
  })

  test('another seed → other stories', () => {
    const others = [0, 1, 2].map((number) => episodeOf(SEED + 1, number, FAULT_PLOTS).file.text)
    assert.ok(others.every((text, number) => text !== DRAWN[number]!.file.text))
  })

  test('each is a story file as a person would write it', () => {
    for (const { file } of DRAWN.slice(0, 50)) assert.deepEqual(parseStory(file.text, file.file), file.story)
  })

  test(`every plot and every verdict is among ${MANY}`, () => {
    const plots = new Set(DRAWN.flatMap((episode) => episode.plots))
    const verdicts = new Set(DRAWN.flatMap(({ truths }) => truths.flatMap(verdictsOf)))
    assert.deepEqual([...plots].toSorted(), Object.keys(FAULT_PLOTS).toSorted())
    assert.deepEqual([...verdicts].toSorted(), [...VERDICTS].toSorted())
  })

  test('no plot of ordinary change is a fault to the oracle', () => {
    for (let number = 0; number < MANY; number++) {
      const { truths, file } = episodeOf(SEED, number, ORDINARY_PLOTS)
      const faults = truths.filter(({ admits }) => admits.some(({ verdict }) => isFault(verdict)))
      assert.deepEqual(faults, [], file.text)
    }
  })
})

test('whom the oracle elects in 300 drawn clusters is whom the announcer elects', () => {
  for (let number = 0; number < MANY; number++) {
    const draft = drawCluster(drawFor(SEED, number))
    const { cluster, hosts } = storyOf(draft)
    const moment = { story: cluster!, nodes: nodesOf(cluster!, hostsOf(hosts)), life: BORN, kept: new Map() }
    const announced = announcing(moment)
    for (const scene of scenesIn(draft)) {
      const winners = [...announced]
        .filter(([, { addresses }]) => addresses.has(scene.vip))
        .map(([name]) => name)
      assert.deepEqual(ownersOf(scene).toSorted(), winners.toSorted(), `cluster ${number}, ${scene.vip}`)
    }
  }
})

function verdictsOf({ admits }: Truth): VerdictName[] {
  return admits.map(({ verdict }) => verdict)
}
