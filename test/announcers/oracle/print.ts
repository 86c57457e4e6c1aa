import type { LabelSelector } from '../../../src/core/cluster.ts'
import { scenarios, type Scenario } from './scenarios.ts'

// Prints the scenarios as the Kubernetes objects that MetalLB reads, one JSON object a line.
for (const made of scenarios(Number(process.argv[2])))
  process.stdout.write(`${JSON.stringify(kubernetes(made))}\n`)

function kubernetes(made: Scenario): unknown {
  const { service } = made
  return {
    id: made.id,
    members: made.members,
    ignoreExcludeLB: made.ignoreExcludeLB,
    nodes: made.nodes.map((node) => ({
      metadata: { name: node.name, labels: node.labels },
      spec: { unschedulable: node.unschedulable },
      status: {
        conditions: [
          { type: 'Ready', status: node.ready!.status },
          ...(node.networkUnavailable
            ? [{ type: 'NetworkUnavailable', status: node.networkUnavailable.status }]
            : []),
        ],
      },
    })),
    service: {
      metadata: {
        namespace: service.namespace,
        name: service.name,
        labels: service.labels,
        annotations: service.annotations,
      },
      spec: { type: service.type, externalTrafficPolicy: service.externalTrafficPolicy },
      status: {
        loadBalancer: {
          ingress: service.ingress.map(({ ip, hostname }) => ({ ip: ip ?? '', hostname: hostname ?? '' })),
        },
      },
    },
    endpointSlices: made.slices.map((endpoints) => ({
      addressType: 'IPv4',
      endpoints: endpoints.map(({ addresses, nodeName, ready, serving, terminating }) => ({
        addresses,
        nodeName,
        conditions: { ready, serving, terminating },
      })),
    })),
    pools: made.pools.map(({ name, labels, addresses }) => ({
      metadata: { name, labels },
      spec: { addresses },
    })),
    l2Advertisements: made.ads.map((ad) => ({
      metadata: { name: ad.name },
      spec: {
        ipAddressPools: ad.ipAddressPools,
        interfaces: ad.interfaces,
        ipAddressPoolSelectors: ad.ipAddressPoolSelectors.map(plain),
        nodeSelectors: ad.nodeSelectors.map(plain),
        serviceSelectors: ad.serviceSelectors.map(plain),
        preferredNodeSelectors: ad.preferredNodeSelectors.map(({ weight, preference }) => ({
          weight,
          preference: plain(preference),
        })),
      },
    })),
  }
}

function plain({ matchLabels, matchExpressions }: LabelSelector): unknown {
  return { matchLabels, matchExpressions }
}
