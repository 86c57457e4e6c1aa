import type { Clock } from '../clock.ts'
import type { Readable } from '../core/cluster.ts'
import type { Api } from './api.ts'
import { deadline } from './deadline.ts'
import { readObject } from './object.ts'
import { problemOf } from './problem.ts'
import { at, text } from './raw.ts'
import { readableFor } from './snapshot.ts'

/** deploy/speaker-metrics.yaml: it may read `/metrics` and nothing else (docs/decisions/0076). */
export const METRICS_ACCOUNT = 'arpcheck-metrics'
/** The shortest that an API server gives out (TokenRequest, authentication.k8s.io/v1). */
const VALID_SECONDS = 600
const TOKEN_MS = 3000

/** A token of that account, or why there is none. `namespace` is where it was looked for. */
export type MetricsToken = { readonly namespace: string } & (
  | { readonly token: string }
  | { readonly token: null; readonly why: Readable }
)

/** Asks the API for a token as `kubectl create token` does; nothing is written by it. Never throws. */
export async function requestMetricsToken(
  api: Api,
  clock: Clock,
  namespace: string,
  signal: AbortSignal,
): Promise<MetricsToken> {
  const limit = deadline(clock, TOKEN_MS, signal)
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${METRICS_ACCOUNT}/token`
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: VALID_SECONDS },
  }
  try {
    const token = text(
      at(await readObject(api, clock, { method: 'POST', path, body }, limit.signal), 'status', 'token'),
    )
    return token === null
      ? { namespace, token, why: { failed: 'an answer without a token' } }
      : { namespace, token }
  } catch (error) {
    const subject = { name: `serviceaccounts/token/${METRICS_ACCOUNT}`, namespace, verb: 'create' } as const
    return { namespace, token: null, why: readableFor(problemOf(error), subject) }
  } finally {
    limit.clear()
  }
}
