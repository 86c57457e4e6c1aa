import { X509Certificate } from 'node:crypto'
import { ArpcheckError, type ErrorCode } from '../errors.ts'
import type { Access } from './credentials.ts'
import { describe, type Problem } from './problem.ts'
import { at, number, text, time } from './raw.ts'

/** Whom we asked, and as whom; null where the credentials themselves could not be had. */
export interface Asked {
  readonly origin: string
  readonly access: Access | null
  /** By the API server's clock where it has told it, milliseconds since 1970. */
  readonly nowMs: number
}

interface Sentence {
  readonly code: ErrorCode
  readonly says: string
  readonly remedy: readonly string[]
}

/** A problem that leaves nothing to judge by, as one sentence and what to do next. */
export function apiTrouble(problem: Problem, asked: Asked): ArpcheckError {
  if (problem.kind === 'credentials') return problem.error
  const { code, says, remedy } = sentence(problem, asked)
  const cause = problem.kind === 'network' ? { cause: problem.cause } : {}
  return new ArpcheckError(code, `${says} (${asked.origin})`, { remedy, ...cause })
}

function sentence(problem: Problem, asked: Asked): Sentence {
  const server = asked.access?.server.origin ?? 'the API server'
  if (problem.kind === 'network') return network(problem.cause, server, asked)
  if (problem.kind === 'late' || problem.kind === 'stopped')
    return { code: 'api-unreachable', says: `${server} does not answer`, remedy: reach(asked) }
  if (problem.kind === 'status' && problem.status.code === 401) return unauthorized(server, asked)
  return {
    code: 'api-failed',
    says: `what answers at ${server} is not the Kubernetes API, or not well: ${describe(problem)}`,
    remedy: ['kubectl get --raw /readyz tells how it is', SERVER_IN_KUBECONFIG],
  }
}

const SERVER_IN_KUBECONFIG = 'the kubeconfig names it under clusters[].cluster.server'
const WITHOUT = '--no-kube checks given addresses without a cluster'
const ANEW = [
  'it may be the kubeconfig of another cluster, or of this one before it was made anew',
  'K3s keeps the current one on each server node: /etc/rancher/k3s/k3s.yaml',
]

function network(cause: unknown, server: string, asked: Asked): Sentence {
  const code = text(at(first(cause), 'code')) ?? ''
  const tls = TLS_FAULTS.find(({ codes }) => codes.test(code))
  if (tls) return { code: tls.code ?? 'api-tls', says: `${server} ${tls.says}`, remedy: tls.remedy }
  const why = NETWORK_FAULTS[code] ?? `cannot be reached: ${describe({ kind: 'network', cause })}`
  return { code: 'api-unreachable', says: `${server} ${why}`, remedy: reach(asked) }
}

/** A host with several addresses fails once for each. */
function first(cause: unknown): unknown {
  return cause instanceof AggregateError ? cause.errors[0] : cause
}

const NETWORK_FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection: nothing listens there',
  ENOTFOUND: 'has a name that DNS does not know',
  EAI_AGAIN: 'has a name for which no DNS server answers',
  EHOSTUNREACH: 'cannot be reached: no route to it',
  ENETUNREACH: 'cannot be reached: no route to its network',
  ETIMEDOUT: 'does not answer',
  ECONNRESET: 'closed the connection without an answer',
}

/** https://nodejs.org/docs/latest-v20.x/api/tls.html#x509-certificate-error-codes */
const TLS_FAULTS: readonly {
  readonly codes: RegExp
  readonly code?: ErrorCode
  readonly says: string
  readonly remedy: readonly string[]
}[] = [
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    says: 'shows a certificate for other names than this one',
    remedy: [
      'use a name or address that is in it, or set tls-server-name in the kubeconfig (K3s: --tls-san)',
    ],
  },
  {
    codes: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    says: 'shows a certificate that is not valid today',
    remedy: [
      'K3s renews it at a restart; kubeadm: kubeadm certs renew all',
      'or the clock of this host is wrong',
    ],
  },
  {
    codes: /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_(SIGNATURE_FAILURE|UNTRUSTED|REJECTED)|INVALID_CA/,
    says: 'shows a certificate that the CA in the kubeconfig did not sign',
    remedy: ANEW,
  },
  {
    codes:
      /ALERT_(BAD_CERTIFICATE|CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERT|HANDSHAKE_FAILURE)|ALERT_ACCESS_DENIED/,
    code: 'api-unauthorized',
    says: 'does not accept the client certificate of the kubeconfig',
    remedy: ANEW,
  },
  {
    codes: /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|^HPE_|^EPROTO$/,
    says: 'does not speak TLS on this port',
    remedy: ['the API server listens on 6443 as a rule', SERVER_IN_KUBECONFIG],
  },
  {
    codes: /KEY_VALUES_MISMATCH|^ERR_OSSL_|^ERR_TLS_INVALID/,
    code: 'kubeconfig',
    says: 'cannot be asked: a certificate or key in the kubeconfig cannot be used',
    remedy: ANEW,
  },
]

function reach({ access }: Asked): readonly string[] {
  const loopback = access !== null && /^(127\.|localhost$|\[::1\])/.test(access.server.hostname)
  const here = 'it names this host itself: from another, put the address of a server node there'
  return [loopback ? here : SERVER_IN_KUBECONFIG, WITHOUT]
}

function unauthorized(server: string, { access, nowMs }: Asked): Sentence {
  const expired = access === null ? null : expiry(access)
  const says =
    expired !== null && expired.atMs < nowMs
      ? `${server} does not accept us: ${expired.what} expired on ${new Date(expired.atMs).toISOString()}`
      : `${server} does not accept the credentials of the kubeconfig`
  return {
    code: 'api-unauthorized',
    says,
    remedy: ['kubectl get nodes tells whether kubectl has others', ...ANEW],
  }
}

/** When what we show ends, as far as it says so itself. */
function expiry({ tls, headers }: Access): { readonly what: string; readonly atMs: number } | null {
  const token = headers['Authorization']?.match(/^Bearer [\w-]+\.(?<claims>[\w-]+)\.[\w-]+$/)
  if (token?.groups) return expiryOfToken(token.groups['claims'] ?? '')
  if (!tls.cert) return null
  try {
    const atMs = time(new X509Certificate(tls.cert as Buffer).validTo)
    return atMs === null ? null : { what: 'the client certificate', atMs }
  } catch {
    return null
  }
}

function expiryOfToken(claims: string): { readonly what: string; readonly atMs: number } | null {
  try {
    const seconds = number(at(JSON.parse(Buffer.from(claims, 'base64url').toString()), 'exp'))
    return seconds === null ? null : { what: 'the token', atMs: seconds * 1000 }
  } catch {
    return null
  }
}
