import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority } from '../../src/lab/api/certificates.ts'
import { apiClient, type ApiClient } from '../helpers/api-client.ts'
import type { Backend } from '../helpers/backend.ts'

const READY_MS = 60_000

/** Starts the real server; it and its data are gone once it is closed. */
export async function realBackend(binary: string): Promise<Backend> {
  const folder = mkdtempSync(join(tmpdir(), 'arpcheck-apiserver-'))
  const port = await freePort()
  const authority = createAuthority('arpcheck-test-ca', Date.now())
  const serving = authority.issue({ commonName: 'kube-apiserver', names: ['127.0.0.1', 'localhost'] })
  const user = authority.issue({ commonName: 'admin', organization: 'system:masters' })
  const accounts = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const files = {
    'ca.crt': authority.cert,
    'tls.crt': serving.cert,
    'tls.key': serving.key,
    'sa.key': accounts.export({ type: 'pkcs1', format: 'pem' }).toString(),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  mkdirSync(join(folder, 'etcd'))

  function kubeconfig(as: object): string {
    const cluster = {
      server: `https://127.0.0.1:${port}`,
      'certificate-authority-data': base64(authority.cert),
    }
    return JSON.stringify({
      clusters: [{ name: 'real', cluster }],
      users: [{ name: 'real', user: as }],
      contexts: [{ name: 'real', context: { cluster: 'real', user: 'real' } }],
      'current-context': 'real',
    })
  }

  const adminKubeconfig = kubeconfig({
    'client-certificate-data': base64(user.cert),
    'client-key-data': base64(user.key),
  })
  const admin = apiClient(adminKubeconfig)
  let child = await start(binary, folder, port, admin)

  return {
    name: 'kube-apiserver',
    admin,
    adminKubeconfig,
    kubeconfigFor: (token) => kubeconfig({ token }),
    restart: async () => {
      await end(child)
      child = await start(binary, folder, port, admin)
    },
    compact: async () => {
      const before = log(folder).split('compacted:').length
      child.kill('SIGUSR1')
      await eventually('compaction', async () => log(folder).split('compacted:').length > before)
    },
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    close: async () => {
      await end(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function start(binary: string, folder: string, port: number, admin: ApiClient): Promise<ChildProcess> {
  const inFolder = (name: string): string => join(folder, name)
  const flags = {
    'bind-address': '127.0.0.1',
    'secure-port': port,
    'tls-cert-file': inFolder('tls.crt'),
    'tls-private-key-file': inFolder('tls.key'),
    'client-ca-file': inFolder('ca.crt'),
    'cert-dir': folder,
    'authorization-mode': 'RBAC',
    'service-account-key-file': inFolder('sa.key'),
    'service-account-signing-key-file': inFolder('sa.key'),
    'service-account-issuer': 'https://arpcheck.test',
    'service-cluster-ip-range': '10.96.0.0/16',
    'endpoint-reconciler-type': 'none',
    // Pods need none here, and nobody would create one.
    'disable-admission-plugins': 'ServiceAccount',
  }
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
  const output = createWriteStream(inFolder('log'), { flags: 'a' })
  const child = spawn(binary, args, {
    env: { PATH: process.env['PATH'], HOME: folder, ARPCHECK_ETCD_DIR: inFolder('etcd') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.pipe(output)
  child.stderr.pipe(output)
  const isReady = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`kube-apiserver ended: ${log(folder).slice(-2000)}`)
    const answer = await admin.ask('GET', '/readyz').catch(() => null)
    return answer?.status === 200
  }
  await eventually('kube-apiserver is ready', isReady)
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGCONT')
  child.kill('SIGKILL')
  await gone
}

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + READY_MS
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${READY_MS} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function log(folder: string): string {
  return readFileSync(join(folder, 'log'), 'utf8')
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function base64(pem: string): string {
  return Buffer.from(pem).toString('base64')
}
