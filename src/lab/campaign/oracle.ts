import { isFault } from '../../core/verdict.ts'
import { isIpv4, type Ip } from '../../core/ip.ts'
import type { Story } from '../shape.ts'
import { admit, admitUnknown, type Admitted } from './allowances.ts'
import { answeredTruth } from './answered.ts'
import { endingOf } from './ending.ts'
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
  const early = new Map(scenesOf(ending, 'early').map((scene) => [scene.vip, admitted(scene)]))
  return scenesOf(ending, 'late').map((scene) => {
    const { vip, answers } = scene
    const late = admitted(scene)
    const admits = ending.isFresh ? atOnce(scene, late, early.get(vip) ?? []) : late
    return { vip, admits, answeredBy: [...new Set(answers.map(({ host }) => host))].toSorted() }
  })
}

function admitted(scene: Scene): Admitted[] {
  const { ending, answers, vip } = scene
  if (!isIpv4(vip)) return [admitUnknown('ndp-not-probed', null)]
  if (ending.gone.has(ending.from))
    return [admitUnknown('deaf-vantage', 'ARP904'), admitUnknown('deaf-vantage', null, 'said-once')]
  return answers.length > 0 ? answeredTruth(scene) : silentTruth(scene)
}

/**
 * Asked in the moment of a death: arpcheck waits until it may judge, and what it says by then is of that time. What was
 * right before, other than a fault, is right as well. Told not to wait, it calls a deviation settling.
 */
function atOnce(scene: Scene, late: readonly Admitted[], early: readonly Admitted[]): Admitted[] {
  const before = early
    .filter(({ verdict }) => !isFault(verdict) && late.every((one) => one.verdict !== verdict))
    .map((one) => ({ ...one, because: 'noticed-meanwhile' }) as const)
  const { gone, words } = scene.ending
  const isTouched = scene.ranks.some((names) => names.some((name) => gone.has(name)))
  if (!words.includes('--no-settle') || !isTouched) return [...late, ...before]
  const lasting = [...late, ...before].filter(({ verdict }) => !isFault(verdict) || verdict === 'foreign')
  const middle = admit('settling', 'ARP902')
  return lasting.length > 0 ? [...lasting, { ...middle, because: 'in-the-middle' }] : [middle]
}
