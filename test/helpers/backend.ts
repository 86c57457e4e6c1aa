import type { ApiObject } from '../../src/lab/api/kinds.ts'
import type { ApiClient } from './api-client.ts'

/** An API server that can be asked and disturbed: the double, or a real one. */
export interface Backend {
  readonly name: 'double' | 'kube-apiserver'
  /** As somebody who may do anything. */
  readonly admin: ApiClient
  readonly adminKubeconfig: string
  kubeconfigFor(token: string): string
  /** Crashes, and starts again with what etcd has; its watch caches begin anew. */
  restart(): Promise<void>
  /** etcd forgets all revisions but the present one. */
  compact(): Promise<void>
  /** Stops answering, while the kernel goes on acknowledging. */
  freeze(): void
  thaw(): void
  close(): Promise<void>
}

const PLURALS: Readonly<Record<string, string>> = {
  BGPAdvertisement: 'bgpadvertisements',
  ServiceL2Status: 'servicel2statuses',
  ConfigMap: 'configmaps',
}

/** The path of an object's kind in its namespace. */
export function collection({ apiVersion, kind, metadata }: ApiObject): string {
  const plural = PLURALS[kind] ?? `${kind.toLowerCase()}s`
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return `${base}${metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`}/${plural}`
}

/** Creates or replaces an object, and its status where that is written apart. */
export async function apply(client: ApiClient, object: ApiObject): Promise<void> {
  const path = `${collection(object)}/${object.metadata.name}`
  const created = await client.ask('POST', collection(object), object)
  if (created.status === 409) await client.ask('PATCH', path, object, 'application/merge-patch+json')
  else if (created.status >= 300) throw new Error(`${path}: ${created.text}`)
  const { status } = object
  if (status === undefined || object.kind === 'Event') return
  const written = await client.ask('PATCH', `${path}/status`, { status }, 'application/merge-patch+json')
  if (written.status >= 300) throw new Error(`${path}/status: ${written.text}`)
}

export async function remove(client: ApiClient, object: ApiObject): Promise<void> {
  await client.ask('DELETE', `${collection(object)}/${object.metadata.name}`)
}
