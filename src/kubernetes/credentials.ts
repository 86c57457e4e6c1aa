import type { Agent, RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import type { Clock } from '../clock.ts'
import { ArpcheckError } from '../errors.ts'
import { controller } from './deadline.ts'
import { execAuth, PLUGIN_MS, type PluginContext } from './execplugin.ts'
import { type Kubeconfig, type KubeconfigOptions, readKubeconfig } from './kubeconfig.ts'
import { at, type Raw, rawOf, text } from './raw.ts'

/** Who we are to which API server, now. */
export interface Access {
  readonly server: URL
  /** What the server must prove, and what we show it. */
  readonly tls: TlsMaterial
  readonly headers: Readonly<Record<string, string>>
  /** The kubeconfig's `proxy-url`; null for a direct connection. */
  readonly proxy: Agent | null
  /** Equal for two that may share a connection. */
  readonly identity: string
  /** For sentences: which context of which file. */
  readonly origin: string
}

export type TlsMaterial = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>

export interface Credentials {
  /** Reads what may have changed (token file, plugin); throws an ArpcheckError when it cannot be had. */
  get(): Promise<Access>
  /** What `get` gave was refused: the next one reads everything anew. */
  refused(access: Access): void
  /** What was given out last; null where nothing could be. */
  readonly last: Access | null
  readonly podNamespace: string | null
  readonly origin: string
  /** Whether a plugin gives the token: it is started again whenever one expires. */
  readonly startsPrograms: boolean
  /** Ends a plugin that still runs. */
  close(): void
}

/** How long one answer of `get` serves; client-node keeps a token file's text for 60 s more, as client-go does. */
const FRESH_MS = 10_000
const AS_FRESH_AS_CAN_BE_MS = 1000
/** Of `auth-provider`: the name under which client-node finds our bounded plugin. */
const PLUGIN = 'arpcheck-exec-plugin'

/** Opens the credentials that kubectl would use; throws an ArpcheckError where there are none. */
export function openCredentials(options: KubeconfigOptions, clock: Clock): Credentials {
  const closed = controller()
  let config = readKubeconfig(options)
  let client: KubeConfig | null = clientOf(config)
  let last: Access | null = null
  let latest: { readonly access: Promise<Access>; readonly atMs: number } | null = null

  function clientOf(read: Kubeconfig): KubeConfig {
    return clientNode(read, { env: options.env, cluster: read.cluster, clock, signal: closed.signal })
  }

  function get(): Promise<Access> {
    if (latest !== null && clock.monotonicMs() - latest.atMs < FRESH_MS) return latest.access
    const mine = { access: renew(), atMs: clock.monotonicMs() }
    latest = mine
    mine.access.then(
      (access) => (last = access),
      () => {
        if (latest === mine) latest = null
      },
    )
    return mine.access
  }

  async function renew(): Promise<Access> {
    if (client === null) {
      config = readKubeconfig(options)
      client = clientOf(config)
    }
    return accessOf(client, config)
  }

  function refused(access: Access): void {
    // What was read a moment ago would be the same again, and a plugin is not to be started for each refusal.
    if (latest === null || clock.monotonicMs() - latest.atMs < AS_FRESH_AS_CAN_BE_MS) return
    void latest.access.then(
      (current) => {
        if (current === access) [client, latest] = [null, null]
      },
      () => {},
    )
  }

  return {
    get,
    refused,
    close: () => closed.abort(),
    get last() {
      return last
    },
    get podNamespace() {
      return config.podNamespace
    },
    get origin() {
      return config.origin
    },
    get startsPrograms() {
      return text(at(config.user, 'exec', 'command')) !== null
    },
  }
}

/** client-node's own reading of the one context, with our bounded plugin in place of its own. */
function clientNode(config: Kubeconfig, context: PluginContext): KubeConfig {
  const client = new KubeConfig()
  const exec = rawOf(config.user['exec'])
  if (text(exec['command']) !== null) {
    const plugin = execAuth(exec, context)
    client.addAuthenticator({
      isAuthProvider: (user) => at(user, 'authProvider', 'name') === PLUGIN,
      applyAuthentication: (user, options) => plugin.applyAuthentication({ ...user, exec }, options),
    })
  }
  const named = { name: 'only', cluster: clusterFor(config.cluster), user: userFor(config.user) }
  const choice = { name: 'only', context: { cluster: 'only', user: 'only' } }
  // JSON is YAML, so client-node itself reads what each key means.
  client.loadFromString(
    JSON.stringify({ clusters: [named], users: [named], contexts: [choice], 'current-context': 'only' }),
  )
  return client
}

/** client-node refuses plain HTTP (kubectl proxy serves it) unless no certificate is asked for. */
function clusterFor(cluster: Raw): Raw {
  const plain = text(cluster['server'])?.startsWith('http:') === true
  return plain ? { ...cluster, 'insecure-skip-tls-verify': true } : cluster
}

/** client-node knows no `tokenFile` in a kubeconfig, but has a provider that reads one again and again. */
function userFor({ exec, tokenFile, token, ...user }: Raw): Raw {
  if (typeof tokenFile === 'string')
    return { ...user, 'auth-provider': { name: 'tokenFile', config: { tokenFile } } }
  if (text(at(exec, 'command')) !== null) return { ...user, 'auth-provider': { name: PLUGIN, config: {} } }
  const own = { ...user, ...withoutCommand(user['auth-provider']) }
  return token === undefined ? own : { ...own, token }
}

/** gcp's and azure's commands, which client-node would hand to a shell; kubectl has had none since 1.26. */
function withoutCommand(provider: unknown): Raw {
  if (provider === undefined) return {}
  const { 'cmd-path': _path, 'cmd-args': _args, ...config } = rawOf(at(provider, 'config'))
  return { 'auth-provider': { ...rawOf(provider), config } }
}

/** What client-node fills in. */
interface Applied extends Omit<RequestOptions, 'headers'> {
  headers: Record<string, string>
}

async function accessOf(client: KubeConfig, config: Kubeconfig): Promise<Access> {
  const options: Applied = { headers: {} }
  try {
    await client.applyToHTTPSOptions(options)
  } catch (cause) {
    throw notToBeHad(config, cause)
  }
  const { ca, cert, key, servername, rejectUnauthorized } = options
  const tls = dropUndefined({ ca, cert, key, servername, rejectUnauthorized })
  return {
    server: serverOf(config),
    tls,
    headers: headersOf(options),
    proxy: config.cluster['proxy-url'] === undefined ? null : (options.agent as Agent),
    identity: [ca, cert, key, servername, rejectUnauthorized].map(String).join('\n'),
    origin: config.origin,
  }
}

function headersOf({ headers, auth }: Applied): Access['headers'] {
  if (typeof auth === 'string')
    return { ...headers, Authorization: `Basic ${Buffer.from(auth).toString('base64')}` }
  const token = headers['Authorization']
  // client-node hands a token file's last line break on, which no header may hold.
  return token === undefined ? headers : { ...headers, Authorization: token.trim() }
}

function serverOf({ cluster, origin }: Kubeconfig): URL {
  const server = text(cluster['server']) ?? ''
  if (/^https?:/.test(server) && URL.canParse(server)) return new URL(server)
  throw new ArpcheckError('kubeconfig', `${origin} names the server "${server}", which is no URL`, {
    remedy: ['it looks like https://192.168.1.10:6443'],
  })
}

function notToBeHad({ origin, user }: Kubeconfig, cause: unknown): ArpcheckError {
  const path = text(at(cause, 'path'))
  const command = text(at(user, 'exec', 'command'))
  if (command !== null) return pluginFailed(command, user, origin, cause)
  if (path !== null)
    return new ArpcheckError(
      'kubeconfig',
      `cannot read ${path}, which ${origin} names: ${errorText(cause)}`,
      {
        remedy: ['sudo arpcheck …, where only root may read it'],
        cause,
      },
    )
  return new ArpcheckError('api-unauthorized', `no credentials from ${origin}: ${errorText(cause)}`, {
    remedy: ['kubectl get nodes tells whether kubectl has them'],
    cause,
  })
}

function pluginFailed(command: string, user: Raw, origin: string, cause: unknown): ArpcheckError {
  const hint = text(at(user, 'exec', 'installHint'))
  const code = at(cause, 'code')
  const missing = code === 'ENOENT'
  const why = missing
    ? 'there is no such command'
    : code === 'EPERM'
      ? 'arpcheck has given up the right to start one; start it anew'
      : errorText(cause) || `no answer within ${PLUGIN_MS / 1000} s`
  return new ArpcheckError('api-unauthorized', `the plugin "${command}" of ${origin} gave no token: ${why}`, {
    remedy: missing && hint !== null ? hint.trim().split('\n') : ['kubectl get nodes runs the same plugin'],
    cause,
  })
}

/** The first line: plugins print usage and stacks after it. */
function errorText(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).trim().split('\n')[0] ?? ''
}

function dropUndefined(tls: Record<keyof TlsMaterial, unknown>): TlsMaterial {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined))
}
