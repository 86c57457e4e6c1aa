import addresses from './stories/addresses.yaml'
import apiAway from './stories/api-away.yaml'
import bgpOnly from './stories/bgp-only.yaml'
import bridge from './stories/bridge.yaml'
import broadcastDeaf from './stories/broadcast-deaf.yaml'
import cloudArp from './stories/cloud-arp.yaml'
import cordon from './stories/cordon.yaml'
import deaf from './stories/deaf.yaml'
import deafNic from './stories/deaf-nic.yaml'
import enslavedInterface from './stories/enslaved-interface.yaml'
import eviction from './stories/eviction.yaml'
import excludeLabel from './stories/exclude-label.yaml'
import failBack from './stories/fail-back.yaml'
import failOver from './stories/fail-over.yaml'
import flapping from './stories/flapping.yaml'
import foreignHost from './stories/foreign-host.yaml'
import foreignUnproven from './stories/foreign-unproven.yaml'
import gatewayCache from './stories/gateway-cache.yaml'
import healthy from './stories/healthy.yaml'
import holdDown from './stories/hold-down.yaml'
import interfaceDown from './stories/interface-down.yaml'
import ipv6 from './stories/ipv6.yaml'
import kernelAnswers from './stories/kernel-answers.yaml'
import kubeVip from './stories/kube-vip.yaml'
import lateSecondReply from './stories/late-second-reply.yaml'
import localDeadEndpoint from './stories/local-dead-endpoint.yaml'
import localPolicy from './stories/local-policy.yaml'
import lossy from './stories/lossy.yaml'
import maybeSelf from './stories/maybe-self.yaml'
import memberlistOff from './stories/memberlist-off.yaml'
import memberlistOffOld from './stories/memberlist-off-old.yaml'
import membersRefused from './stories/members-refused.yaml'
import missingInterface from './stories/missing-interface.yaml'
import mixedVersions from './stories/mixed-versions.yaml'
import moving from './stories/moving.yaml'
import networkUnavailable from './stories/network-unavailable.yaml'
import noAdvertisement from './stories/no-advertisement.yaml'
import noConfig from './stories/no-config.yaml'
import noClaimant from './stories/no-claimant.yaml'
import noEndpoint from './stories/no-endpoint.yaml'
import noMetallb from './stories/no-metallb.yaml'
import nodeRemoved from './stories/node-removed.yaml'
import nodeSelectors from './stories/node-selectors.yaml'
import oldMac from './stories/old-mac.yaml'
import otherController from './stories/other-controller.yaml'
import otherSegment from './stories/other-segment.yaml'
import powerOff from './stories/power-off.yaml'
import preferences from './stories/preferences.yaml'
import preferencesWithin from './stories/preferences-within.yaml'
import proxyArp from './stories/proxy-arp.yaml'
import rbacHole from './stories/rbac-hole.yaml'
import repliesLost from './stories/replies-lost.yaml'
import requestsLost from './stories/requests-lost.yaml'
import replacedNic from './stories/replaced-nic.yaml'
import secondNic from './stories/second-nic.yaml'
import secondProber from './stories/second-prober.yaml'
import seedIncident from './stories/seed-incident.yaml'
import selfOwned from './stories/self.yaml'
import selfElected from './stories/self-elected.yaml'
import serviceGoes from './stories/service-goes.yaml'
import serviceSelectors from './stories/service-selectors.yaml'
import servicelbBeside from './stories/servicelb-beside.yaml'
import settles from './stories/settles.yaml'
import severalNics from './stories/several-nics.yaml'
import sharedIp from './stories/shared-ip.yaml'
import silent from './stories/silent.yaml'
import speakerMetrics from './stories/speaker-metrics.yaml'
import splitBrain from './stories/split-brain.yaml'
import squatter from './stories/squatter.yaml'
import staleConfig from './stories/stale-config.yaml'
import staleRecord from './stories/stale-record.yaml'
import stranger from './stories/stranger.yaml'
import twoAdvertisements from './stories/two-advertisements.yaml'
import twoNodesAnswer from './stories/two-nodes-answer.yaml'
import vipIsANode from './stories/vip-is-a-node.yaml'
import vipIsGateway from './stories/vip-is-gateway.yaml'
import vlanTagged from './stories/vlan-tagged.yaml'
import wrongInterface from './stories/wrong-interface.yaml'
import wrongKey from './stories/wrong-key.yaml'
import wrongOwner from './stories/wrong-owner.yaml'

/** The stories that come along, as texts, in the order in which `lab list` tells them. */
export const BUNDLED: Readonly<Record<string, string>> = {
  // With a cluster
  healthy,
  'seed-incident': seedIncident,
  'node-removed': nodeRemoved,
  'hold-down': holdDown,
  settles,
  moving,
  'fail-over': failOver,
  'fail-back': failBack,
  eviction,
  'memberlist-off': memberlistOff,
  'memberlist-off-old': memberlistOffOld,
  'no-config': noConfig,
  'stale-config': staleConfig,
  'missing-interface': missingInterface,
  'enslaved-interface': enslavedInterface,
  'no-claimant': noClaimant,
  'requests-lost': requestsLost,
  'replies-lost': repliesLost,
  'deaf-nic': deafNic,
  'replaced-nic': replacedNic,
  'gateway-cache': gatewayCache,
  'local-dead-endpoint': localDeadEndpoint,
  'split-brain': splitBrain,
  'wrong-key': wrongKey,
  'members-refused': membersRefused,
  'wrong-owner': wrongOwner,
  'kernel-answers': kernelAnswers,
  'shared-ip': sharedIp,
  'stale-record': staleRecord,
  'other-segment': otherSegment,
  'wrong-interface': wrongInterface,
  'other-controller': otherController,
  'kube-vip': kubeVip,
  'servicelb-beside': servicelbBeside,
  'cloud-arp': cloudArp,
  'vip-is-a-node': vipIsANode,
  'vip-is-gateway': vipIsGateway,
  'foreign-host': foreignHost,
  'foreign-unproven': foreignUnproven,
  'no-endpoint': noEndpoint,
  'no-advertisement': noAdvertisement,
  'bgp-only': bgpOnly,
  'exclude-label': excludeLabel,
  'network-unavailable': networkUnavailable,
  cordon,
  'mixed-versions': mixedVersions,
  'local-policy': localPolicy,
  'node-selectors': nodeSelectors,
  'service-selectors': serviceSelectors,
  preferences,
  'preferences-within': preferencesWithin,
  'second-nic': secondNic,
  'two-advertisements': twoAdvertisements,
  'service-goes': serviceGoes,
  'self-elected': selfElected,
  ipv6,
  'rbac-hole': rbacHole,
  'speaker-metrics': speakerMetrics,
  'api-away': apiAway,
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
  'proxy-arp': proxyArp,
  squatter,
  self: selfOwned,
  'maybe-self': maybeSelf,
  'second-prober': secondProber,
  'interface-down': interfaceDown,
}
