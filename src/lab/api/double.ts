import { type Clock, systemClock } from '../../clock.ts'
import { seededRandom } from '../../core/random.ts'
import { type Authority, type CertifiedKey, createAuthority } from './certificates.ts'
import { listenTls } from './listen.ts'
import { ApiServer, type ServerOptions } from './server.ts'
import { openWire, type Wire } from './wire.ts'

export interface DoubleOptions extends Partial<ServerOptions> {
  /** Where it listens; 127.0.0.1 and any port where not given. */
  readonly host?: string
  readonly port?: number
  /** Names and addresses in its certificate, besides the host. */
  readonly names?: readonly string[]
  readonly http2?: boolean
  /** One that exists already: making one takes a tenth of a second. */
  readonly authority?: Authority
}

/** A Kubernetes API that behaves like the real one, over TLS, with faults to order. */
export interface ApiDouble {
  readonly api: ApiServer
  readonly wire: Wire
  readonly url: string
  readonly authority: Authority
  /** A kubeconfig (JSON, which is YAML) of somebody who may do anything; by a client certificate. */
  readonly adminKubeconfig: string
  /** Of whoever has this token. */
  kubeconfigFor(token: string): string
  /** Shows a certificate of the same authority, or of a new one. */
  showCertificate(certificate: CertifiedKey): void
  /** As a crash and a start: every connection breaks, and no watch can go on where it was. */
  restart(): void
  close(): Promise<void>
}

export async function startDouble(options: DoubleOptions = {}): Promise<ApiDouble> {
  const { host = '127.0.0.1', port = 0, names = [], http2 = true } = options
  const clock: Clock = options.clock ?? systemClock
  const api = new ApiServer({ random: seededRandom(1), ...options, clock })
  const nowMs = Number(clock.wallNs() / 1_000_000n)
  const authority = options.authority ?? createAuthority('arpcheck-lab-ca', nowMs)
  const certificate = authority.issue({ commonName: 'kube-apiserver', names: [host, 'localhost', ...names] })
  const listener = await listenTls(api, { authority, certificate, http2 })
  const wire = await openWire(listener, host, port)
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${wire.port}`
  const admin = authority.issue({ commonName: 'admin', organization: 'system:masters' })

  function kubeconfig(user: object): string {
    const cluster = { server: url, 'certificate-authority-data': base64(authority.cert) }
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'lab', cluster }],
      users: [{ name: 'lab', user }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab' } }],
      'current-context': 'lab',
    })
  }

  return {
    api,
    wire,
    url,
    authority,
    adminKubeconfig: kubeconfig({
      'client-certificate-data': base64(admin.cert),
      'client-key-data': base64(admin.key),
    }),
    kubeconfigFor: (token) => kubeconfig({ token }),
    showCertificate: (shown) => listener.show(shown),
    restart: () => {
      api.store.forget()
      listener.dropAll()
    },
    close: async () => {
      await wire.close()
      await listener.close()
    },
  }
}

function base64(pem: string): string {
  return Buffer.from(pem).toString('base64')
}
