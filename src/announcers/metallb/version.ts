/** A MetalLB release, as numbers: `[0, 14, 5]`. */
export type Version = readonly [major: number, minor: number, patch: number]

/** Where a rule of the election changed (docs/metallb.md has the table), oldest first. */
export const GATES = [
  [0, 13, 0], // CRDs, node selectors, loadBalancerClass
  [0, 13, 6], // interfaces of an L2Advertisement
  [0, 13, 10], // NetworkUnavailable, excluded interfaces
  [0, 14, 0], // exclusion label, `serving`, 32-byte key, WAN profile
  [0, 14, 4], // ServiceL2Status
  [0, 14, 5], // ready or serving
  [0, 14, 9], // cordoned nodes: this release alone
  [0, 15, 0], // works without memberlist again
  [0, 15, 3], // ConfigurationState
  [0, 16, 0], // serviceSelectors, memberlist config file
  [0, 16, 2], // preferredNodeSelectors, refusal of shared IPs under serviceSelectors
] as const satisfies readonly Version[]

export const OLDEST: Version = GATES[0]
export const NEWEST: Version = GATES.at(-1)!

/** Name, tag and digest of an image: 255, 128 and 135 characters at most. */
const MAX_REFERENCE = 1024

/** The release that an image reference names by tag; undefined for digests, `main` and other projects' numbers. */
export function versionOf(image: string): Version | undefined {
  // A reference ends there; a longer text would only be gone through again and again.
  if (image.length > MAX_REFERENCE) return undefined
  const tag = /:([^:/@]+)(?:@.*)?$/.exec(image)?.[1] ?? ''
  return parseVersion(tag)
}

/** Reads `v0.14.5`, `0.14.5` and `0.14.9-debian-12-r4`: MetalLB has no release from 1.0.0 on, vendors have. */
export function parseVersion(text: string): Version | undefined {
  const [, minor, patch] = /^v?0\.(\d{1,4})\.(\d{1,4})(?:[-+.].*)?$/.exec(text) ?? []
  return minor === undefined ? undefined : [0, Number(minor), Number(patch)]
}

export function atLeast(version: Version, gate: Version): boolean {
  return compareVersions(version, gate) >= 0
}

export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}

export function versionText(version: Version): string {
  return `v${version.join('.')}`
}

/** Whether an image names a release whose rules are not known here yet. */
export function isNewer(image: string): boolean {
  const version = versionOf(image)
  return version !== undefined && compareVersions(version, NEWEST) > 0
}
