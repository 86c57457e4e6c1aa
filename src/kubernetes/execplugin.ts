import { type ChildProcess, spawn } from 'node:child_process'
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js'
import type { Clock } from '../clock.ts'
import { deadline } from './deadline.ts'
import { at, list, type Raw, rawOf, text } from './raw.ts'

/** What an exec plugin is told besides its own settings. */
export interface PluginContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cluster: Raw
  readonly clock: Clock
  /** Ends the plugin, however long it would still take. */
  readonly signal: AbortSignal
}

/** A plugin that waits for somebody at a browser will not be answered here. */
export const PLUGIN_MS = 30_000

/**
 * client-node's exec plugin, bounded: its child ends with the signal, and is told what client-go tells it
 * (KUBERNETES_EXEC_INFO, which client-node leaves out and gke-gcloud-auth-plugin and kubelogin ask for).
 */
export function execAuth(exec: Raw, context: PluginContext): ExecAuth {
  const execFn = (command: string, args: readonly string[] | undefined): ChildProcess => {
    const child = spawn(command, args ?? [], {
      env: { ...context.env, ...ownEnv(exec), KUBERNETES_EXEC_INFO: execInfo(exec, context.cluster) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const limit = deadline(context.clock, PLUGIN_MS, context.signal)
    const end = (): void => {
      child.kill('SIGKILL')
      // A grandchild may hold the pipes open; ours must not keep this process.
      child.stdout?.destroy()
      child.stderr?.destroy()
    }
    limit.signal.addEventListener('abort', end, { once: true })
    child.once('close', () => limit.clear())
    return child
  }
  return Object.assign(new ExecAuth(), { execFn })
}

function ownEnv(exec: Raw): Record<string, string> {
  const pairs = list(exec['env']).map((entry) => [text(at(entry, 'name')), text(at(entry, 'value')) ?? ''])
  return Object.fromEntries(pairs.filter(([name]) => Boolean(name)))
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#input-and-output-formats */
function execInfo(exec: Raw, cluster: Raw): string {
  const spec = { interactive: false, ...(exec['provideClusterInfo'] === true && { cluster: told(cluster) }) }
  return JSON.stringify({ apiVersion: exec['apiVersion'], kind: 'ExecCredential', spec })
}

function told(cluster: Raw): Raw {
  const keys = [
    'server',
    'tls-server-name',
    'insecure-skip-tls-verify',
    'certificate-authority-data',
    'proxy-url',
  ]
  const config = list(cluster['extensions']).find(
    (entry) => at(entry, 'name') === 'client.authentication.k8s.io/exec',
  )
  const known = keys.filter((key) => cluster[key] !== undefined).map((key) => [key, cluster[key]])
  return { ...Object.fromEntries(known), ...(config !== undefined && { config: rawOf(config)['extension'] }) }
}
