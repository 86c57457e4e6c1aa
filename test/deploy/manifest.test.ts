import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { DAEMON_LABEL } from '../../src/kubernetes/narrow/daemons.ts'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import { granted, manifest } from '../helpers/rbac.ts'

// deploy/arpcheck.yaml, which .ci/chart.mjs holds against the chart, and test/apiserver shows to a real API server.

const objects = manifest('deploy/arpcheck.yaml')
const [daemonSet] = objects.filter(({ kind }) => kind === 'DaemonSet')
const { template } = daemonSet!['spec'] as {
  template: { metadata: { labels: Record<string, string> }; spec: PodSpec }
}
const [container] = template.spec.containers

interface PodSpec {
  readonly [field: string]: unknown
  readonly containers: readonly [Readonly<Record<string, unknown>>]
}

test('it grants exactly what deploy/rbac.yaml grants', () =>
  assert.deepEqual(granted(objects).toSorted(), granted(manifest()).toSorted()))

test('every role is bound, to the account that the Pods run as and to nobody else', () => {
  const account = { kind: 'ServiceAccount', name: template.spec['serviceAccountName'], namespace: 'arpcheck' }
  const of = (kind: string): readonly ApiObject[] => objects.filter((object) => object.kind === kind)
  for (const kind of ['Role', 'ClusterRole']) {
    const bound = of(`${kind}Binding`).map(({ metadata, roleRef, subjects }) => {
      assert.deepEqual(subjects, [account])
      return `${metadata.namespace} ${(roleRef as { name: string }).name}`
    })
    assert.deepEqual(
      bound.toSorted(),
      of(kind)
        .map(({ metadata }) => `${metadata.namespace} ${metadata.name}`)
        .toSorted(),
    )
  }
})

test('its Pods have a raw socket and nothing else', () => {
  assert.deepEqual(container['securityContext'], {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'], add: ['NET_RAW'] },
  })
  const { securityContext, hostNetwork, hostPID, hostIPC, volumes } = template.spec
  assert.deepEqual(securityContext, {
    runAsNonRoot: true,
    runAsUser: 65534,
    runAsGroup: 65534,
    fsGroup: 65534,
    seccompProfile: { type: 'RuntimeDefault' },
  })
  assert.deepEqual([hostNetwork, hostPID, hostIPC], [true, undefined, undefined])
  assert.deepEqual(volumes, [{ name: 'config', configMap: { name: 'arpcheck' } }])
})

test('its Pods have the label by which daemons find each other', () => {
  for (const [key, value] of Object.entries(DAEMON_LABEL)) assert.equal(template.metadata.labels[key], value)
})

test('probes ask on loopback alone, where the node network is the Pod network', () => {
  for (const name of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
    const { httpGet } = container[name] as { httpGet: { host: string; port: number } }
    assert.deepEqual([httpGet.host, httpGet.port], ['127.0.0.1', 10807], name)
  }
})

test('the image is started as its Containerfile says', () => {
  const entry = /^ENTRYPOINT (.*)$/m.exec(readFileSync('deploy/Containerfile', 'utf8'))?.[1]
  assert.deepEqual(container['command'], JSON.parse(entry ?? 'null'))
})

test('chart, program and image have one version', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  const chart = parse(readFileSync('deploy/chart/Chart.yaml', 'utf8')) as Record<string, string>
  assert.deepEqual([chart['version'], chart['appVersion']], [version, version])
  assert.equal(container['image'], `localhost/arpcheck:${version}`)
})

test('no object says that Helm manages it', () =>
  assert.doesNotMatch(readFileSync('deploy/arpcheck.yaml', 'utf8'), /managed-by|helm\.sh/))
