// The built daemon on a cable: what it may do, as the kernel tells it of each thread, and what it still has to.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { doubleWith, file, folder } from '../helpers/double.ts'
import { homelab } from '../helpers/homelab.ts'
import { cable, inNamespaces, ipCommand } from '../helpers/netns.ts'
import { Probed, RAW_SOCKETS_ALONE, threadsOf } from '../helpers/privilege.ts'
import { until } from '../helpers/until.ts'

const ADMIN = { name: 'admin', groups: ['system:masters'] }
const SETTINGS = 'interfaces: eno1\nmemberlist: off\nvantages: all\nbudget: 100\n'

function daemon(t: TestContext, kubeconfig: string): Probed {
  const config = file(t, 'arpcheck.yaml', SETTINGS)
  const run = new Probed(['daemon', '--config', config, '--kubeconfig', file(t, 'k', kubeconfig)], folder(t))
  t.after(() => run.child.kill('SIGKILL'))
  return run
}

inNamespaces(() => {
  ipCommand('link set lo up')
  link()

  test('every thread of a daemon has CAP_NET_RAW alone; it opens packet sockets and starts no program', async (t) => {
    const double = await doubleWith(t, homelab())
    const run = daemon(t, double.adminKubeconfig)
    await run.has(RAW_SOCKETS_ALONE)
    assert.deepEqual(await run.tries(), { program: 'EPERM', packetSocket: 'done', links: 'done' })
    assert.doesNotMatch(run.stderr, /not given up/)
    await until('it captures', () => names(run).includes('arpcheck-recv'), 20_000)
    ipCommand('link delete eno1')
    await until('it has lost its interface', () => !names(run).includes('arpcheck-recv'), 20_000)
    link()
    await until('it captures again', () => names(run).includes('arpcheck-recv'), 30_000)
    await run.has(RAW_SOCKETS_ALONE)
    run.child.kill('SIGTERM')
    assert.equal(await run.ended, 0)
  })

  test('a plugin in the kubeconfig → programs may be started, and no more; another token is fetched when one is refused', async (t) => {
    const double = await doubleWith(t, homelab())
    const calls = join(folder(t), 'calls')
    const token = double.api.tokens.issue(ADMIN)
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token },
    }
    const text = `#!/bin/sh\ngrep -h -e NoNewPrivs -e CapEff /proc/self/status >> '${calls}'\necho '${JSON.stringify(credential)}'\n`
    const command = file(t, 'plugin', text)
    chmodSync(command, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command }
    const kubeconfig = {
      ...(JSON.parse(double.adminKubeconfig) as object),
      users: [{ name: 'lab', user: { exec } }],
    }
    const run = daemon(t, JSON.stringify(kubeconfig))
    await run.has(RAW_SOCKETS_ALONE)
    await until('the plugin was started', () => existsSync(calls), 20_000)
    assert.deepEqual(await run.tries(), { program: 'started', packetSocket: 'done', links: 'done' })
    assert.match(readFileSync(calls, 'utf8'), /CapEff:\s*0000000000002000\nNoNewPrivs:\s*1\n/)
    run.child.kill('SIGTERM')
    assert.equal(await run.ended, 0)
  })
})

function link(): void {
  cable('eno1', 'far0')
  ipCommand('address add 192.168.1.13/24 dev eno1')
}

function names(run: Probed): string[] {
  return threadsOf(run.child.pid!).map(({ name }) => name)
}
