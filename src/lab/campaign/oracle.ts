import { isFault } from '../../core/verdict.ts'
import { isIpv4, type Ip } from '../../core/ip.ts'
import type { Story } from '../shape.ts'
import { admit, admitUnknown, type Admitted } from './allowances.ts'
import { answeredTruth } from './answered.ts'
import { endingOf, type Ending } from './ending.ts'
import { scenesOf, type Scene } from './scene.ts'
import { silentTruth } from './unanswered.ts'

/** What is right to say of one VIP at a story's last run: the first is what was injected. */
export interface Truth {
  readonly vip: Ip
  readonly admits: readonly Admitted[]
  /** The hosts that are heard answering, so that a lab that plays something else is noticed. */
  readonly answeredBy: readonly string[]
}

/**
 * Verdict and first finding of each VIP, from what a story says happened and from MetalLB's rules: independent of the
 * judge, of which it knows nothing but the words.
 */
export function truthsOf(story: Story): Truth[] {
  const ending = endingOf(story)
  const others = earlierThan(story, ending)
  return scenesOf(ending, 'everything').map((scene) => {
    const earlier = others
      .map((scenes) => scenes.find(({ vip }) => vip === scene.vip))
      .filter((one) => one !== undefined)
    return {
      vip: scene.vip,
      admits: earlier.length > 0 ? atOnce(scene, earlier) : admitted(scene),
      answeredBy: [...new Set(scene.answers.map(({ host }) => host))].toSorted(),
    }
  })
}

/** Moments that arpcheck may have seen as well: while a death goes unnoticed, and before what happened as it ran. */
function earlierThan(story: Story, ending: Ending): Scene[][] {
  const unnoticed = ending.isFresh ? (['nothing', 'dropped'] as const) : []
  const isBusy = (story.steps.at(-1)?.while ?? []).length > 0
  return [
    ...unnoticed.map((noticed) => scenesOf(ending, noticed)),
    ...(isBusy ? [scenesOf(endingOf(story, 'none of it'), 'everything')] : []),
  ]
}

function admitted(scene: Scene): Admitted[] {
  const { ending, answers, vip } = scene
  if (!isIpv4(vip)) return [admitUnknown('ndp-not-probed', null)]
  if (ending.gone.has(ending.from))
    return [admitUnknown('deaf-vantage', 'ARP904'), admitUnknown('deaf-vantage', null, 'said-once')]
  return answers.length > 0 ? answeredTruth(scene) : silentTruth(scene)
}

/**
 * Asked while something happens: arpcheck waits until it may judge, and what it says by then is of that time. What was
 * right before, other than a fault, is right as well. Told not to wait, it says what it sees, or that it moves.
 */
function atOnce(scene: Scene, earlier: readonly Scene[]): Admitted[] {
  const late = admitted(scene)
  const isPatient = !scene.ending.words.includes('--no-settle')
  const before = earlier
    .flatMap(admitted)
    .filter(({ verdict }) => !isPatient || !isFault(verdict))
    .map((one): Admitted => ({ ...one, because: isPatient ? 'noticed-meanwhile' : 'in-the-middle' }))
  const moving = isPatient ? settledOf([...late, ...before]) : [admit('settling', 'ARP902', 'in-the-middle')]
  const all = [...late, ...before, ...moving]
  const keyOf = ({ verdict, reason, finding }: Admitted): string => [verdict, reason, finding].join()
  return all.filter((one, index) => all.findIndex((other) => keyOf(other) === keyOf(one)) === index)
}

/** What deviated at first and is well by the end is told so. */
function settledOf(admits: readonly Admitted[]): Admitted[] {
  return admits
    .filter(({ verdict, reason }) => !isFault(verdict) && reason === undefined)
    .map(({ verdict }) => admit(verdict, 'ARP902', 'settled'))
}
