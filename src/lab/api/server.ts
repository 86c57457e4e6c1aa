import type { Clock } from '../../clock.ts'
import type { Random } from '../../core/random.ts'
import { type Attempt, forbidden, mayDo, Tokens, UNAUTHORIZED, type User } from './access.ts'
import { answerInstead, bent, type Deed, Faults, sinkFor } from './faults.ts'
import { type ApiObject, builtIn, type Kind, kindsOf } from './kinds.ts'
import { list, notFound } from './list.ts'
import { rulesFor } from './rbac.ts'
import { answerReview } from './reviews.ts'
import { type Asked, badRequest, type Exchange, sendFailure, sendJson, sendText } from './respond.ts'
import { matcherFor } from './selectors.ts'
import { Store } from './store.ts'
import { watch, type WatchHabits } from './watch.ts'
import { write } from './write.ts'

/** Which server it behaves like. */
export interface ServerOptions {
  readonly clock: Clock
  readonly random: Random
  /** Since Kubernetes 1.31. */
  readonly serviceTypeSelector?: boolean
  /** `v1` since Kubernetes 1.21. */
  readonly sliceVersion?: 'v1' | 'v1beta1'
  readonly habits?: Partial<WatchHabits>
  /** Called with each request before it is answered. */
  readonly onRequest?: (asked: Asked) => void
}

/** One request, as it was answered. */
export interface SeenRequest {
  readonly atMs: number
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly isWatch: boolean
  readonly headers: Asked['headers']
  readonly connection: number
  readonly protocol: Asked['protocol']
  /** Null while it has no answer. */
  status: number | null
  /** The client or the server has ended it. */
  over: boolean
}

const HABITS: WatchHabits = {
  bookmarkEveryMs: 60_000,
  bookmarkAtEnd: true,
  minRequestTimeoutMs: 1_800_000,
  watchList: true,
}
const NAMESPACES = ['default', 'kube-system']

/** The API server's behaviour, whatever carries the requests. */
export class ApiServer {
  readonly store: Store
  readonly tokens: Tokens
  readonly faults = new Faults()
  readonly habits: WatchHabits
  readonly requests: SeenRequest[] = []
  readonly #options: ServerOptions
  readonly #kinds: Kind[]

  constructor(options: ServerOptions) {
    const { clock, serviceTypeSelector = true, sliceVersion = 'v1' } = options
    this.#options = options
    this.store = new Store(clock)
    this.tokens = new Tokens(clock)
    this.habits = { ...HABITS, ...options.habits }
    this.#kinds = [...builtIn({ serviceTypeSelector, sliceVersion })]
    for (const name of NAMESPACES) this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }

  /** Watches that stand. */
  get watches(): readonly SeenRequest[] {
    return this.requests.filter(({ isWatch, over, status }) => isWatch && !over && status === 200)
  }

  /** The objects of one kind: the truth. */
  objects(kindName: string): readonly ApiObject[] {
    const kind = this.#kinds.find((one) => one.kind === kindName)
    return kind === undefined ? [] : this.store.all(kind)
  }

  /** Creates or replaces an object, spec and status at once; its times and managers may be given. */
  apply(object: ApiObject): ApiObject {
    const kind = this.#kinds.find((one) => one.kind === object.kind && one.group === groupOf(object))
    if (kind === undefined) throw new Error(`the double serves no ${object.apiVersion} ${object.kind}`)
    const manager = 'lab'
    const written = this.store.put(kind, object, { manager, part: 'all' })
    this.#crdsChanged(kind)
    return written as ApiObject
  }

  remove(kindName: string, namespace: string | null, name: string): void {
    const kind = this.#kinds.find((one) => one.kind === kindName)
    if (kind === undefined) return
    this.store.remove(kind, namespace, name)
    this.#crdsChanged(kind)
  }

  handle(asked: Asked, outer: Exchange): void {
    const [seen, exchange] = this.#seen(asked, outer)
    this.#options.onRequest?.(asked)
    const deed = this.faults.take(asked)
    if (answerInstead(deed, exchange)) return
    const user = this.tokens.userOf(asked)
    if (user === null) return sendFailure(exchange, UNAUTHORIZED)
    if (asked.path === '/readyz' || asked.path === '/version') return sendText(exchange, 200, 'ok')
    const reviewing = { tokens: this.tokens, rules: (whose: User) => this.#rules(whose) }
    if (answerReview(asked, user, reviewing, exchange)) return
    const attempt = this.#attempt(asked, seen.isWatch)
    if (attempt === null) return sendText(exchange, 404, '404 page not found\n')
    if (!mayDo(user, attempt, this.#rules(user))) return sendFailure(exchange, forbidden(user, attempt))
    // Authorisation comes before routing: what is not served is 403 to those who may not, and 404 to the others.
    if (!this.#kinds.includes(attempt.kind)) return sendText(exchange, 404, '404 page not found\n')
    this.#serve(attempt, asked, bent(deed, exchange), deed)
  }

  #serve(attempt: Attempt, asked: Asked, exchange: Exchange, deed: Deed | null): void {
    const { kind, namespace, name, subresource, verb } = attempt
    const found = name === null ? undefined : this.store.get(kind, namespace, name)
    if (subresource === 'token' && found) return this.#issueToken(attempt, asked, exchange)
    if (subresource === 'token') return sendFailure(exchange, notFound(kind, name ?? ''))
    if (verb === 'get')
      return found ? sendJson(exchange, 200, found) : sendFailure(exchange, notFound(kind, name ?? ''))
    if (verb !== 'list' && verb !== 'watch') {
      write(this.store, attempt, asked, exchange)
      return this.#crdsChanged(kind)
    }
    const matches = matcherFor(kind, namespace, asked.query)
    if (typeof matches === 'string') return sendFailure(exchange, badRequest(matches))
    if (verb === 'list') return list(this.store, kind, matches, asked, exchange)
    const { clock, random } = this.#options
    watch(
      { store: this.store, clock, random, habits: this.habits },
      kind,
      matches,
      asked,
      exchange,
      sinkFor(deed),
    )
  }

  #attempt({ method, path, query }: Asked, isWatch: boolean): Attempt | null {
    const parts =
      /^\/(?:api|apis\/(?<group>[^/]+))\/(?<version>[^/]+)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/[^/]+))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>[^/]+))?$/.exec(
        path,
      )?.groups
    if (parts === undefined) return null
    const { group = '', version = '', namespace = null, plural = '', name = null, subresource = null } = parts
    const kind = this.#kinds.find(
      (one) => one.group === group && one.version === version && one.plural === plural,
    )
    const unserved = {
      group,
      version,
      plural,
      kind: plural,
      namespaced: true,
      custom: true,
      status: false,
      fields: {},
    }
    const verbs = {
      GET: name === null ? 'list' : 'get',
      POST: 'create',
      PUT: 'update',
      PATCH: 'patch',
      DELETE: 'delete',
    }
    const verb = isWatch ? 'watch' : verbs[method as keyof typeof verbs]
    return { verb, kind: kind ?? unserved, namespace, name, subresource, query }
  }

  #rules(user: User): ReturnType<typeof rulesFor> {
    const all = (name: string): readonly ApiObject[] =>
      this.store.all(this.#kinds.find(({ kind }) => kind === name)!)
    return rulesFor(user, {
      clusterRoles: all('ClusterRole'),
      clusterRoleBindings: all('ClusterRoleBinding'),
      roles: all('Role'),
      roleBindings: all('RoleBinding'),
    })
  }

  /** TokenRequest: `kubectl create token`. */
  #issueToken({ namespace, name }: Attempt, { body }: Asked, exchange: Exchange): void {
    const wanted = JSON.parse(body) as { spec?: { expirationSeconds?: number } }
    const user = {
      name: `system:serviceaccount:${namespace}:${name}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    }
    const token = this.tokens.issue(user, (wanted.spec?.expirationSeconds ?? 3600) * 1000)
    sendJson(exchange, 201, {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      status: { token },
    })
  }

  /** Serves what CustomResourceDefinitions define; forgets the objects of one that is gone. */
  #crdsChanged(kind: Kind): void {
    if (kind.kind !== 'CustomResourceDefinition') return
    const defined = this.store.all(kind).flatMap(kindsOf)
    const custom = this.#kinds.filter((one) => one.custom)
    for (const old of custom)
      if (!defined.some((one) => one.plural === old.plural && one.group === old.group)) this.store.drop(old)
    this.#kinds.splice(0, this.#kinds.length, ...this.#kinds.filter((one) => !one.custom), ...defined)
  }

  #seen(asked: Asked, outer: Exchange): [SeenRequest, Exchange] {
    const { method, path, query, headers, connection, protocol } = asked
    const isWatch = ['1', 'true'].includes(query.get('watch') ?? '')
    const atMs = this.#options.clock.monotonicMs()
    const seen: SeenRequest = {
      atMs,
      method,
      path,
      query,
      isWatch,
      headers,
      connection,
      protocol,
      status: null,
      over: false,
    }
    this.requests.push(seen)
    outer.onGone(() => (seen.over = true))
    return [
      seen,
      {
        ...outer,
        head: (status, more) => {
          seen.status = status
          const date = new Date(Number(this.#options.clock.wallNs() / 1_000_000n)).toUTCString()
          outer.head(status, { 'cache-control': 'no-cache, private', date, ...more })
        },
        end: () => {
          seen.over = true
          outer.end()
        },
      },
    ]
  }
}

function groupOf({ apiVersion }: ApiObject): string {
  return apiVersion.includes('/') ? apiVersion.split('/')[0]! : ''
}
