import type { ClusterSnapshot, IpAddressPool, L2Advertisement } from '../../core/cluster.ts'
import { byName } from './configuration.ts'
import { overlap, parseRange } from './ranges.ts'
import { selectorProblem, selectorsProblem } from './selectors.ts'

/**
 * Why MetalLB refuses these resources, in one sentence; undefined where it takes them. Configuration is one unit: one
 * bad pool, and every speaker stays on what it had (internal/config/config.go: For). MetalLB's webhooks refuse most
 * of this at the door, unless they were down. What only BGP can get wrong is not looked at.
 */
export function configurationProblem(cluster: ClusterSnapshot): string | undefined {
  return firstOf([
    ...byName(cluster.pools).map(poolProblem),
    overlapProblem(byName(cluster.pools)),
    ...byName(cluster.l2Advertisements).map(advertisementProblem),
  ])
}

function poolProblem({ name, addresses }: IpAddressPool): string | undefined {
  if (addresses.length === 0) return `IPAddressPool ${name} has no addresses`
  const bad = addresses.find((text) => !parseRange(text))
  return bad === undefined ? undefined : `IPAddressPool ${name}: ${JSON.stringify(bad)} is no range`
}

function overlapProblem(pools: readonly IpAddressPool[]): string | undefined {
  const ranges = pools.flatMap(({ name, addresses }) =>
    addresses.flatMap((text) => {
      const range = parseRange(text)
      return range ? [{ name, text, range }] : []
    }),
  )
  ranges.sort(
    (a, b) => a.range.first.length - b.range.first.length || Buffer.compare(a.range.first, b.range.first),
  )
  const at = ranges.findIndex(({ range }, index) => index > 0 && overlap(range, ranges[index - 1]!.range))
  if (at < 0) return undefined
  const [left, right] = [ranges[at - 1]!, ranges[at]!]
  return `${left.text} of IPAddressPool ${left.name} overlaps ${right.text} of ${right.name}`
}

function advertisementProblem(ad: L2Advertisement): string | undefined {
  const problem = firstOf([
    new Set(ad.ipAddressPools).size < ad.ipAddressPools.length ? 'names a pool twice' : undefined,
    selectorsProblem(ad.ipAddressPoolSelectors),
    selectorsProblem(ad.nodeSelectors),
    selectorsProblem(ad.serviceSelectors),
    ...ad.preferredNodeSelectors.map(({ preference }) => selectorProblem(preference)),
  ])
  return problem === undefined ? undefined : `L2Advertisement ${ad.name}: ${problem}`
}

function firstOf(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined)
}
