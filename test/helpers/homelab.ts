import type { ApiObject } from '../../src/lab/api/kinds.ts'
import {
  bgpAdvertisement,
  configMap,
  configurationState,
  daemonPod,
  endpointSlice,
  l2Advertisement,
  l2Status,
  METALLB_NAMESPACE,
  metallbCrds,
  namespaceNamed,
  nicLease,
  node,
  nodeAssigned,
  pool,
  lease,
  secret,
  service,
  speakerDaemonSet,
  speakerPod,
} from '../../src/lab/api/objects.ts'

export const NUCS = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4'] as const

/** Four NUCs with MetalLB and two Services: one object at least of each kind that is read. In an order that a server takes. */
export function homelab(): readonly ApiObject[] {
  const address = (index: number): string => `192.168.1.${11 + index}`
  return [
    namespaceNamed(METALLB_NAMESPACE),
    namespaceNamed('arpcheck'),
    ...metallbCrds(),
    ...NUCS.map((name, i) => node({ name, ip: address(i) })),
    speakerDaemonSet({ nodes: NUCS.length }),
    ...NUCS.map((name, i) => speakerPod({ node: name, ip: address(i) })),
    pool('default', ['192.168.1.60-192.168.1.69']),
    l2Advertisement('default', { ipAddressPools: ['default'], interfaces: ['eno1'] }),
    bgpAdvertisement('uplink', { ipAddressPools: ['other'] }),
    service({ name: 'traefik', ips: ['192.168.1.60'] }),
    endpointSlice('traefik', [{ ip: '10.42.0.5', node: 'nuc-2' }]),
    service({ name: 'gitea', ips: ['192.168.1.61'], local: true }),
    endpointSlice('gitea', [{ ip: '10.42.1.7', node: 'nuc-3' }]),
    l2Status('traefik', 'nuc-4'),
    ...NUCS.map((name) => configurationState(name)),
    nodeAssigned('traefik', 'nuc-4', '2026-11-20T08:00:00Z'),
    configMap('metallb-excludel2', {
      'excludel2.yaml': 'announcedInterfacesToExclude: ["^docker.*", "^veth.*"]\n',
    }),
    configMap('metallb-memberlist-config', { 'config.json': '{"ProbeInterval":"1s"}' }),
    secret('memberlist', { secretkey: 'c2VjcmV0a2V5MTIzNDU2' }),
    ...NUCS.map((name) => daemonPod(name)),
    nicLease('nuc-1', [{ name: 'eno1', mac: '1c:69:7a:aa:01:10', addresses: ['192.168.1.11/24'] }]),
    lease('cilium-l2announce-default-gitea', 'nuc-2'),
    lease('kube-scheduler', 'nuc-1_7d1e'),
  ]
}
