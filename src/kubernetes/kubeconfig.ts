import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { load } from 'js-yaml'
import { nearest } from '../core/nearest.ts'
import { ArpcheckError } from '../errors.ts'
import { at, list, type Raw, rawOf, text } from './raw.ts'

/** Which cluster, and as whom. */
export interface KubeconfigOptions {
  /** `--kubeconfig`: a path. */
  readonly kubeconfig?: string | undefined
  /** `--context`: a name in it. */
  readonly context?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly places?: Places
}

/** Where K3s and pods keep their credentials. */
export interface Places {
  readonly k3s: string
  readonly serviceAccount: string
}

/** A kubeconfig of one context, paths made absolute. */
export interface Kubeconfig {
  /** For sentences: `context "nuc" of /root/.kube/config`. */
  readonly origin: string
  readonly cluster: Raw
  readonly user: Raw
  readonly userName: string
  /** The namespace of the pod that this is; null outside. */
  readonly podNamespace: string | null
}

const USUAL: Places = {
  k3s: '/etc/rancher/k3s/k3s.yaml',
  serviceAccount: '/var/run/secrets/kubernetes.io/serviceaccount',
}
/** Keys that hold a path, which kubectl takes as relative to the file that names it. */
const CLUSTER_PATHS = ['certificate-authority']
const USER_PATHS = ['client-certificate', 'client-key', 'tokenFile']

/**
 * Finds and reads the kubeconfig as kubectl does, then as K3s and pods keep it: the flag, `$KUBECONFIG` (a list whose
 * first mention of a name wins), `~/.kube/config`, the K3s file, the pod's ServiceAccount.
 */
export function readKubeconfig(options: KubeconfigOptions): Kubeconfig {
  const places = options.places ?? USUAL
  const files = findFiles(options, places)
  if (files !== null) return choose(files.map(readFile), files.join(', '), options.context)
  return inCluster(options, places) ?? notFound(options, places)
}

/** The files to read, as one; null when there is none. A file that the user named need not exist to be taken. */
function findFiles({ kubeconfig, env }: KubeconfigOptions, places: Places): readonly string[] | null {
  if (kubeconfig !== undefined) return [kubeconfig]
  const named = listed(env)
  // As kubectl: of a list, files that do not exist are passed over.
  const present = named.filter((path) => existsSync(path))
  if (named.length > 0) return present.length > 0 ? present : named
  const found = usualFiles(env, places).find((path) => existsSync(path))
  return found === undefined ? null : [found]
}

function listed(env: KubeconfigOptions['env']): readonly string[] {
  return (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
}

function usualFiles(env: KubeconfigOptions['env'], places: Places): readonly string[] {
  const home = env['HOME'] ? [join(env['HOME'], '.kube/config')] : []
  return [...home, places.k3s]
}

function readFile(path: string): Raw {
  const config = rawOf(parse(path, readText(path)))
  return {
    ...config,
    clusters: list(config['clusters']).map((entry) => anchored(entry, 'cluster', CLUSTER_PATHS, path)),
    users: list(config['users']).map((entry) => anchored(entry, 'user', USER_PATHS, path)),
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): ArpcheckError {
  const code = text(at(cause, 'code'))
  const why = READ_FAILURES[code ?? ''] ?? code ?? 'failed'
  const remedy =
    code === 'EACCES' ? [`sudo arpcheck …, or a copy that this user owns: --kubeconfig FILE`] : WHICH_FILE
  return new ArpcheckError('kubeconfig', `cannot read the kubeconfig ${path}: ${why}`, {
    remedy,
    cause,
  })
}

const READ_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
}
const WHICH_FILE = ['--kubeconfig FILE names another; --no-kube checks given addresses without a cluster']

function parse(path: string, yaml: string): unknown {
  try {
    return load(yaml)
  } catch (cause) {
    const line = at(cause, 'mark', 'line')
    const where = typeof line === 'number' ? `, line ${line + 1}` : ''
    const why = text(at(cause, 'reason')) ?? 'it is no YAML'
    throw new ArpcheckError('kubeconfig', `cannot read the kubeconfig ${path}${where}: ${why}`, {
      remedy: ['kubectl config view shows how kubectl reads it'],
      cause,
    })
  }
}

/** An entry of `clusters` or `users` whose paths are absolute. A plugin's command with a slash in it counts as a path. */
function anchored(entry: unknown, kind: 'cluster' | 'user', keys: readonly string[], file: string): Raw {
  const body = { ...rawOf(at(entry, kind)) }
  for (const key of keys) {
    const path = text(body[key])
    if (path) body[key] = absolute(path, file)
  }
  const command = text(at(body, 'exec', 'command'))
  if (command?.includes('/')) body['exec'] = { ...rawOf(body['exec']), command: absolute(command, file) }
  return { name: at(entry, 'name'), [kind]: body }
}

function absolute(path: string, file: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path)
}

/** The wanted context of the files, read as one. */
function choose(configs: readonly Raw[], files: string, wanted: string | undefined): Kubeconfig {
  const contexts = entries(configs, 'contexts', 'context')
  const name =
    wanted ?? configs.map((config) => text(config['current-context'])).find((current) => Boolean(current))
  if (!name) throw noContext(files, contexts)
  const context = contexts.get(name)
  if (context === undefined) throw unknownContext(name, files, contexts)
  const cluster = entries(configs, 'clusters', 'cluster').get(text(context['cluster']) ?? '')
  if (!text(cluster?.['server']))
    throw malformed(files, `context "${name}" names no cluster with a server in it`)
  const userName = text(context['user']) ?? ''
  const user = entries(configs, 'users', 'user').get(userName)
  if (user === undefined && userName !== '')
    throw malformed(files, `context "${name}" names the user "${userName}", who is not in it`)
  return {
    origin: `context "${name}" of ${files}`,
    cluster: cluster ?? {},
    user: user ?? {},
    userName,
    podNamespace: null,
  }
}

/** Named entries of all files; of two with one name the first counts, as for kubectl. */
function entries(configs: readonly Raw[], plural: string, kind: string): ReadonlyMap<string, Raw> {
  const found = new Map<string, Raw>()
  for (const entry of configs.flatMap((config) => list(config[plural]))) {
    const name = text(at(entry, 'name'))
    if (name !== null && !found.has(name)) found.set(name, rawOf(at(entry, kind)))
  }
  return found
}

function noContext(files: string, contexts: ReadonlyMap<string, Raw>): ArpcheckError {
  if (contexts.size === 0) return malformed(files, 'it holds no context: it is no kubeconfig')
  return new ArpcheckError('kubeconfig', `the kubeconfig ${files} sets no current context`, {
    remedy: [`--context NAME chooses one: ${[...contexts.keys()].join(', ')}`],
  })
}

function unknownContext(name: string, files: string, contexts: ReadonlyMap<string, Raw>): ArpcheckError {
  const names = [...contexts.keys()]
  const meant = nearest(name, names)
  return new ArpcheckError('kubeconfig', `the kubeconfig ${files} holds no context "${name}"`, {
    remedy: [meant === undefined ? `it holds ${names.join(', ') || 'none'}` : `did you mean "${meant}"?`],
  })
}

function malformed(files: string, what: string): ArpcheckError {
  return new ArpcheckError('kubeconfig', `cannot use the kubeconfig ${files}: ${what}`, {
    remedy: ['kubectl config view shows how kubectl reads it'],
  })
}

/** A pod's ServiceAccount; null where this is no pod. */
function inCluster({ env, context }: KubeconfigOptions, { serviceAccount }: Places): Kubeconfig | null {
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT']]
  const tokenFile = join(serviceAccount, 'token')
  if (context !== undefined || !host || !port || !existsSync(tokenFile)) return null
  const namespace = join(serviceAccount, 'namespace')
  return {
    origin: `this pod's ServiceAccount (${serviceAccount})`,
    cluster: {
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      'certificate-authority': join(serviceAccount, 'ca.crt'),
    },
    user: { tokenFile },
    userName: 'ServiceAccount',
    podNamespace: existsSync(namespace) ? readFileSync(namespace, 'utf8').trim() : null,
  }
}

function notFound({ env }: KubeconfigOptions, places: Places): never {
  const looked = [...usualFiles(env, places), `${places.serviceAccount}/token`]
  throw new ArpcheckError(
    'no-kubeconfig',
    `no kubeconfig: --kubeconfig and $KUBECONFIG are not set, and there is none of ${looked.join(', ')}`,
    { remedy: WHICH_FILE },
  )
}
