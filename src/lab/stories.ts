import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { ArpcheckError } from '../errors.ts'
import addresses from './stories/addresses.yaml'
import apiAway from './stories/api-away.yaml'
import bgpOnly from './stories/bgp-only.yaml'
import bridge from './stories/bridge.yaml'
import broadcastDeaf from './stories/broadcast-deaf.yaml'
import deadOwner from './stories/dead-owner.yaml'
import deaf from './stories/deaf.yaml'
import excludeLabel from './stories/exclude-label.yaml'
import failOver from './stories/fail-over.yaml'
import flapping from './stories/flapping.yaml'
import foreignHost from './stories/foreign-host.yaml'
import foreignUnproven from './stories/foreign-unproven.yaml'
import healthy from './stories/healthy.yaml'
import interfaceDown from './stories/interface-down.yaml'
import ipv6 from './stories/ipv6.yaml'
import kernelAnswers from './stories/kernel-answers.yaml'
import lateSecondReply from './stories/late-second-reply.yaml'
import localPolicy from './stories/local-policy.yaml'
import lossy from './stories/lossy.yaml'
import maybeSelf from './stories/maybe-self.yaml'
import mixedVersions from './stories/mixed-versions.yaml'
import noEndpoint from './stories/no-endpoint.yaml'
import noMetallb from './stories/no-metallb.yaml'
import otherController from './stories/other-controller.yaml'
import oldMac from './stories/old-mac.yaml'
import powerOff from './stories/power-off.yaml'
import proxyArp from './stories/proxy-arp.yaml'
import rbacHole from './stories/rbac-hole.yaml'
import secondNic from './stories/second-nic.yaml'
import secondProber from './stories/second-prober.yaml'
import selfOwned from './stories/self.yaml'
import selfElected from './stories/self-elected.yaml'
import severalNics from './stories/several-nics.yaml'
import silent from './stories/silent.yaml'
import splitBrain from './stories/split-brain.yaml'
import squatter from './stories/squatter.yaml'
import stranger from './stories/stranger.yaml'
import twoNodesAnswer from './stories/two-nodes-answer.yaml'
import vlanTagged from './stories/vlan-tagged.yaml'
import serviceLbBeside from './stories/servicelb-beside.yaml'
import wrongInterface from './stories/wrong-interface.yaml'
import ownerOffSegmentRecorded from './stories/owner-off-segment-recorded.yaml'
import wrongOwner from './stories/wrong-owner.yaml'
import staleViews from './stories/stale-views.yaml'
import splitViews from './stories/split-views.yaml'
import wrongKey from './stories/wrong-key.yaml'
import memberlistOff from './stories/memberlist-off.yaml'
import membersRefused from './stories/members-refused.yaml'
import cleanFailover from './stories/clean-failover.yaml'
import type { Story } from './shape.ts'
import { parseStory } from './story.ts'

export interface StoryFile {
  readonly file: string
  readonly text: string
  readonly story: Story
}

/** The stories that come along, in the order in which `lab list` tells them. */
const BUNDLED: Readonly<Record<string, string>> = {
  // With a cluster
  healthy,
  'wrong-owner': wrongOwner,
  'split-brain': splitBrain,
  'dead-owner': deadOwner,
  'fail-over': failOver,
  'local-policy': localPolicy,
  'no-endpoint': noEndpoint,
  'bgp-only': bgpOnly,
  'exclude-label': excludeLabel,
  'mixed-versions': mixedVersions,
  'foreign-host': foreignHost,
  'foreign-unproven': foreignUnproven,
  'second-nic': secondNic,
  'self-elected': selfElected,
  ipv6,
  'rbac-hole': rbacHole,
  'api-away': apiAway,
  'other-controller': otherController,
  'servicelb-beside': serviceLbBeside,
  'wrong-interface': wrongInterface,
  'owner-off-segment-recorded': ownerOffSegmentRecorded,
  'no-metallb': noMetallb,
  // Addresses alone
  addresses,
  silent,
  'two-nodes-answer': twoNodesAnswer,
  stranger,
  deaf,
  'power-off': powerOff,
  flapping,
  'late-second-reply': lateSecondReply,
  'several-nics': severalNics,
  bridge,
  lossy,
  'broadcast-deaf': broadcastDeaf,
  'vlan-tagged': vlanTagged,
  'old-mac': oldMac,
  'kernel-answers': kernelAnswers,
  'proxy-arp': proxyArp,
  squatter,
  self: selfOwned,
  'maybe-self': maybeSelf,
  'second-prober': secondProber,
  'interface-down': interfaceDown,
  'stale-views': staleViews,
  'split-views': splitViews,
  'wrong-key': wrongKey,
  'memberlist-off': memberlistOff,
  'members-refused': membersRefused,
  'clean-failover': cleanFailover,
}

export function storyNames(): string[] {
  return Object.keys(BUNDLED)
}

/** A story by its name, or by the path of a file of yours. */
export function findStory(nameOrPath: string): StoryFile {
  const bundled = Object.hasOwn(BUNDLED, nameOrPath) ? BUNDLED[nameOrPath] : undefined
  if (bundled !== undefined) return read(`${nameOrPath}.yaml`, bundled)
  if (/[/.]/.test(nameOrPath)) return read(basename(nameOrPath), fileText(nameOrPath))
  throw new ArpcheckError('usage', `There is no story ${JSON.stringify(nameOrPath)}.`, {
    remedy: ['arpcheck lab list     names them; a file of your own is given by its path'],
  })
}

function read(file: string, text: string): StoryFile {
  return { file, text, story: parseStory(text, file) }
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'cannot be read'
    throw new ArpcheckError('config', `The story ${path} could not be read (${why}).`, { cause })
  }
}
