import type { Capabilities, ClusterSnapshot, SpeakerSettings } from '../../core/cluster.ts'
import { flagsOf, SHIPPED, type SpeakerFlags } from './flags.ts'
import {
  atLeast,
  compareVersions,
  GATES,
  OLDEST,
  parseVersion,
  versionOf,
  versionText,
  type Version,
} from './version.ts'

/** How one speaker decides: everything of its release and its flags that can change a winner. */
export interface Rules {
  /** The release whose behaviour this is. */
  readonly version: string
  readonly endpoint: 'ready-or-serving' | 'serving-else-ready' | 'ready'
  readonly networkUnavailable: boolean
  readonly excludeLabel: boolean
  readonly unschedulable: boolean
  /** Whether an advertisement can name interfaces. */
  readonly interfaces: boolean
  readonly serviceSelectors: boolean
  readonly preferences: boolean
  readonly sharedIpRefusal: boolean
  /** Who may stand: the member list; every Node; or nobody at all (no memberlist before v0.15.0, #2425). */
  readonly base: 'members' | 'nodes' | 'nobody'
  readonly lbClass: string
}

/** The rules that a speaker may run under: several where nothing tells its release for certain, none below v0.13.0. */
export function rulesOf(speaker: SpeakerSettings | null, cluster: ClusterSnapshot): readonly Rules[] {
  const flags = speaker ? flagsOf(speaker) : SHIPPED
  const version = releaseOf(speaker, cluster)
  return distinct(
    version
      ? variants(version, flags, cluster.capabilities)
      : possible(cluster.capabilities).map((candidate) => rulesFor(candidate, flags)),
  )
}

/** The release that a speaker's image names, or else its chart; undefined where neither does. */
export function releaseOf(speaker: SpeakerSettings | null, cluster: ClusterSnapshot): Version | undefined {
  return (speaker && versionOf(speaker.image)) ?? labelled(cluster)
}

/**
 * The distinct rules of all speakers that matter: those that are Ready, else all that are listed, else the
 * DaemonSets' templates. More than one means that a roll-out mixes versions, or that a version is not certain.
 */
export function allRules(cluster: ClusterSnapshot): readonly Rules[] {
  const ready = cluster.speakerPods.filter((pod) => pod.ready?.status === 'True')
  const settings = [ready, cluster.speakerPods, cluster.speakerDaemonSets].find((list) => list.length > 0)
  const rules = (settings ?? [null]).flatMap((speaker) => rulesOf(speaker, cluster))
  return distinct(rules.toSorted(inOrder))
}

/** The behaviour of one release under given flags; each line names where it changed. */
export function rulesFor(version: Version, flags: SpeakerFlags): Rules {
  const from = (...gate: Version): boolean => atLeast(version, gate)
  return {
    version: versionText(version),
    endpoint: from(0, 14, 5) ? 'ready-or-serving' : from(0, 14, 0) ? 'serving-else-ready' : 'ready',
    networkUnavailable: from(0, 13, 10),
    excludeLabel: from(0, 14, 0) && !flags.ignoreExcludeLB,
    unschedulable: compareVersions(version, [0, 14, 9]) === 0, // reverted in v0.15.0
    interfaces: from(0, 13, 6),
    serviceSelectors: from(0, 16, 0),
    preferences: from(0, 16, 2),
    sharedIpRefusal: from(0, 16, 2),
    base: flags.memberlist === 'on' ? 'members' : from(0, 15, 0) ? 'nodes' : 'nobody',
    lbClass: flags.lbClass,
  }
}

/** What an installed CRD shows of the release that it was made for. */
const SIGNS: readonly { readonly from: Version; readonly shown: (crds: Crds) => boolean }[] = [
  { from: [0, 13, 6], shown: (crds) => holds(crds, 'l2advertisements', 'interfaces') },
  { from: [0, 14, 4], shown: (crds) => Object.hasOwn(crds, 'servicel2statuses') },
  { from: [0, 15, 0], shown: (crds) => Object.hasOwn(crds, 'servicebgpstatuses') },
  { from: [0, 15, 3], shown: (crds) => Object.hasOwn(crds, 'configurationstates') },
  { from: [0, 16, 0], shown: (crds) => holds(crds, 'l2advertisements', 'serviceSelectors') },
  { from: [0, 16, 2], shown: (crds) => holds(crds, 'l2advertisements', 'preferredNodeSelectors') },
]
type Crds = NonNullable<Capabilities['crds']>

/** Releases that the CRDs do not rule out, for a speaker that does not name its own. */
function possible({ crds }: Capabilities): Version[] {
  if (!crds) return [...GATES]
  return GATES.filter((gate) => SIGNS.every(({ from, shown }) => shown(crds) === atLeast(gate, from)))
}

/**
 * The rules of a known release, and those with a feature that its CRDs hold before their time: vendors back-port,
 * and a roll-out brings the CRDs first. Where nobody uses the feature both elect alike.
 */
function variants(version: Version, flags: SpeakerFlags, { crds }: Capabilities): Rules[] {
  if (!atLeast(version, OLDEST)) return []
  const own = rulesFor(version, flags)
  const hasField = (field: string): boolean => crds !== null && holds(crds, 'l2advertisements', field)
  const preferences = own.preferences || hasField('preferredNodeSelectors')
  const ported = {
    ...own,
    interfaces: own.interfaces || hasField('interfaces'),
    serviceSelectors: own.serviceSelectors || hasField('serviceSelectors'),
    preferences,
    sharedIpRefusal: preferences,
  }
  return [own, ported]
}

/** Charts write the release on the DaemonSet. */
function labelled({ speakerDaemonSets }: ClusterSnapshot): Version | undefined {
  const versions = speakerDaemonSets.map(({ labels }) =>
    parseVersion(labels['app.kubernetes.io/version'] ?? ''),
  )
  return versions.length === 1 ? versions[0] : undefined
}

function holds(crds: Crds, plural: string, field: string): boolean {
  return Object.hasOwn(crds, plural) && crds[plural]!.includes(field)
}

/** By release, so that no answer depends on the order in which the API lists. */
function inOrder(a: Rules, b: Rules): number {
  const [left, right] = [parseVersion(a.version)!, parseVersion(b.version)!]
  return compareVersions(left, right) || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
}

/** Releases that decide alike are one; the first stands for them. */
function distinct(rules: readonly Rules[]): Rules[] {
  const behaviours = rules.map((rule) => JSON.stringify({ ...rule, version: '' }))
  return rules.filter((_, index) => behaviours.indexOf(behaviours[index]!) === index)
}
