import type { ApiObject } from '../api/kinds.ts'
import * as api from '../api/objects.ts'
import type { LabHost } from '../hosts.ts'
import { serviceKey, type Moment } from './moment.ts'
import { nicLeases } from './nic-records.ts'
import type { Beside } from './shape.ts'

/** K3s runs its controllers in one program, which is what managedFields call it. */
const K3S = 'k3s'
const SERVICELB_LABEL = 'svccontroller.k3s.cattle.io'

/** What stands in the API beside MetalLB: other controllers, and what arpcheck's own daemons wrote down. */
export function withOthers(
  objects: readonly ApiObject[],
  { story, nodes }: Moment,
  { hosts, now }: { readonly hosts: readonly LabHost[]; readonly now: string },
): ApiObject[] {
  const keys = story.others.servicelb.map(serviceKey)
  return [
    ...objects.map((object) => (isAmong(keys, object) ? writtenByK3s(object, now) : object)),
    ...leases(story.others, now),
    ...keys.flatMap(({ name, namespace }) =>
      nodes.map((node) => servicelbPod({ name, namespace, node: node.name })),
    ),
    ...nicLeases(story.nics, nodes, hosts),
  ]
}

/** Whether a Lease is held, so that somebody has to renew it. */
export function renews({ cilium, kubeVip }: Beside): boolean {
  return kubeVip !== undefined || Object.keys(cilium).length > 0
}

/** Each holder has just renewed its own. */
function leases({ cilium, kubeVip }: Beside, now: string): ApiObject[] {
  const renewed = now.replace('Z', '.000000Z')
  return [
    ...Object.entries(cilium).map(([key, node]) => {
      const { namespace, name } = serviceKey(key)
      return api.lease(`cilium-l2announce-${namespace}-${name}`, node, renewed)
    }),
    ...(kubeVip === undefined ? [] : [api.lease('plndr-svcs-lock', kubeVip, renewed)]),
  ]
}

type Key = ReturnType<typeof serviceKey>

function isAmong(keys: readonly Key[], { kind, metadata }: ApiObject): boolean {
  const { name, namespace } = metadata
  return kind === 'Service' && keys.some((key) => key.name === name && key.namespace === namespace)
}

function writtenByK3s(object: ApiObject, time: string): ApiObject {
  const entry = { manager: K3S, operation: 'Update', time, fieldsType: 'FieldsV1' }
  const managedFields = [
    { ...entry, manager: 'lab', fieldsV1: { 'f:spec': {} } },
    { ...entry, subresource: 'status', fieldsV1: { 'f:status': { 'f:loadBalancer': {} } } },
  ]
  return { ...object, metadata: { ...object.metadata, managedFields } }
}

/** ServiceLB's DaemonSet runs one pod for each Service on each node, in kube-system (pkg/cloudprovider/servicelb.go). */
function servicelbPod({ name, namespace, node }: Key & { readonly node: string }): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `svclb-${name}-${node}`,
      namespace: 'kube-system',
      labels: {
        app: `svclb-${name}`,
        [`${SERVICELB_LABEL}/svcname`]: name,
        [`${SERVICELB_LABEL}/svcnamespace`]: namespace,
      },
    },
    spec: { nodeName: node, containers: [{ name: 'lb-tcp-80', image: 'rancher/klipper-lb' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  }
}
