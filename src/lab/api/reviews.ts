import { forbiddenPath, mayVisit, type Rule, type Tokens, type User } from './access.ts'
import { type Asked, badRequest, type Exchange, sendFailure, sendJson, sendText } from './respond.ts'

/** What the server knows of whoever asks, and of whoever is asked about. */
export interface Reviewing {
  readonly tokens: Tokens
  readonly rules: (user: User) => readonly Rule[]
}

const METRICS = '/metrics'
const TOKEN_REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews'
const ACCESS_REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
/** What a server on a node asks before it shows its metrics; system:auth-delegator may. */
const REVIEWERS = 'system:masters'

/** Answers for what is no object: `/metrics`, and the two questions by which others guard theirs; false for the rest. */
export function answerReview(asked: Asked, user: User, reviewing: Reviewing, exchange: Exchange): boolean {
  const { path, method } = asked
  if (path === METRICS && method === 'GET') return visit(user, path, reviewing, exchange)
  if (method !== 'POST' || (path !== TOKEN_REVIEWS && path !== ACCESS_REVIEWS)) return false
  if (!user.groups.includes(REVIEWERS)) return refuse(user, 'create', path, exchange)
  const spec = specOf(asked)
  if (spec === null) sendFailure(exchange, badRequest('the object provided is unrecognized'))
  else
    sendJson(
      exchange,
      201,
      path === TOKEN_REVIEWS ? tokenReview(spec, reviewing) : accessReview(spec, reviewing),
    )
  return true
}

function visit(user: User, path: string, { rules }: Reviewing, exchange: Exchange): true {
  if (!mayVisit(user, 'get', path, rules(user))) return refuse(user, 'get', path, exchange)
  sendText(exchange, 200, 'apiserver_request_total 1\n')
  return true
}

function refuse(user: User, verb: string, path: string, exchange: Exchange): true {
  sendFailure(exchange, forbiddenPath(user, verb, path))
  return true
}

interface Spec {
  readonly token?: string
  readonly user?: string
  readonly groups?: readonly string[]
  readonly nonResourceAttributes?: { readonly path: string; readonly verb: string }
}

function specOf({ body }: Asked): Spec | null {
  try {
    return (JSON.parse(body) as { spec?: Spec }).spec ?? null
  } catch {
    return null
  }
}

function tokenReview({ token = '' }: Spec, { tokens }: Reviewing): object {
  const user = tokens.userWith(token)
  const status = user ? { authenticated: true, user: { username: user.name, groups: user.groups } } : {}
  return { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, status }
}

function accessReview(
  { user: name = '', groups = [], nonResourceAttributes: wanted }: Spec,
  { rules }: Reviewing,
): object {
  const user = { name, groups }
  const allowed = wanted !== undefined && mayVisit(user, wanted.verb, wanted.path, rules(user))
  return {
    kind: 'SubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    status: { allowed },
  }
}
