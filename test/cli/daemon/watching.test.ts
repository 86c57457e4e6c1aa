// The built daemon against the API double, on a cable whose far end is nuc-4: elected for 192.168.1.60. This host is nuc-3.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import type { Report } from '../../../src/core/report.ts'
import type { ApiDouble } from '../../../src/lab/api/double.ts'
import { doubleWith, file } from '../../helpers/double.ts'
import { homelab } from '../../helpers/homelab.ts'
import { cable, inNamespaces, ipCommand, machine } from '../../helpers/netns.ts'
import { PROGRAM } from '../../helpers/program.ts'
import { until } from '../../helpers/until.ts'

const METRICS = 'http://127.0.0.1:10806'
const LOCAL = 'http://127.0.0.1:10807'

interface Running {
  readonly child: ChildProcess
  readonly double: ApiDouble
  readonly config: string
  /** Its log so far. */
  readonly log: () => string
  readonly ended: Promise<number | null>
}

async function running(t: TestContext, settings: string): Promise<Running> {
  const double = await doubleWith(t, homelab())
  const kubeconfig = file(t, 'kubeconfig', double.adminKubeconfig)
  const config = file(t, 'arpcheck.yaml', settings)
  const { PATH = '' } = process.env
  const argv = ['daemon', '--config', config, '--kubeconfig', kubeconfig, '--listen', '127.0.0.1:10806']
  const child = spawn(process.execPath, [PROGRAM, ...argv], {
    env: { PATH, LANG: 'C.UTF-8', ARPCHECK_MEMBERLIST: 'off' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let text = ''
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, double, config, log: () => text, ended }
}

async function get(url: string, method = 'GET'): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, { method })
    return { status: response.status, text: await response.text() }
  } catch {
    return { status: 0, text: '' }
  }
}

/** Scrapes until the line is there: the program's own time is real. */
async function metric(line: RegExp): Promise<void> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const { text } = await get(`${METRICS}/metrics`)
    if (line.test(text)) return
    if (performance.now() > deadline) throw new Error(`no metric like ${line.source} in\n${text}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

inNamespaces(() => {
  ipCommand('link set lo up')
  cable('eno1', 'far0')
  const nuc4 = machine()
  nuc4.adopt('far0')
  for (const address of ['192.168.1.14', '192.168.1.60'])
    nuc4.run('ip', 'address', 'add', `${address}/24`, 'dev', 'far0')
  nuc4.run('ip', 'link', 'set', 'far0', 'up')
  ipCommand('address add 192.168.1.13/24 dev eno1')

  test('a node: watches, serves, writes its record, reads its file again, and ends within 2 s', async (t) => {
    const { child, double, config, log, ended } = await running(
      t,
      'node: nuc-3\ninterval: 2s\nconfirmInterval: 1s\n',
    )
    await metric(/^arpcheck_vip_verdict\{vip="192\.168\.1\.60",verdict="ok"\} 1$/m)
    await metric(/^arpcheck_vip_observed_owner_info\{vip="192\.168\.1\.60",node="nuc-4",/m)
    assert.equal((await get(`${LOCAL}/-/ready`)).status, 200)
    const report: Report = JSON.parse((await get(`${METRICS}/api/v1/report`)).text)
    assert.deepEqual(
      report.vips.map(({ vip, verdict }) => [vip, verdict]).filter(([vip]) => vip === '192.168.1.60'),
      [['192.168.1.60', 'ok']],
    )
    const probed = await get(`${METRICS}/probe?target=192.168.1.60&module=arp`)
    assert.match(probed.text, /^probe_success 1$/m)
    await until(
      'a Lease of nuc-3',
      () =>
        double.api.requests.some(
          ({ method, path }) => method === 'POST' && path.endsWith('/arpcheck/leases'),
        ),
      30_000,
    )
    nuc4.run('ip', 'address', 'del', '192.168.1.60/24', 'dev', 'far0')
    await metric(/^arpcheck_vip_silence_seconds\{vip="192\.168\.1\.60"\} (?!0$)/m)
    await metric(/^arpcheck_vip_verdict\{vip="192\.168\.1\.60",verdict="settling"\} 1$/m)
    nuc4.run('ip', 'address', 'add', '192.168.1.60/24', 'dev', 'far0')
    await metric(/^arpcheck_vip_verdict\{vip="192\.168\.1\.60",verdict="ok"\} 1$/m)
    writeFileSync(config, 'node: nuc-3\ninterval: 3s\nconfirmInterval: 1s\n')
    child.kill('SIGHUP')
    await metric(/^arpcheck_vip_probe_interval_seconds\{vip="192\.168\.1\.60"\} 3$/m)
    writeFileSync(config, 'intervall: 3s\n')
    assert.equal((await get(`${LOCAL}/-/reload`, 'POST')).status, 500)
    await metric(/^arpcheck_config_last_reload_successful 0$/m)
    const startMs = performance.now()
    child.kill('SIGTERM')
    assert.equal(await ended, 0, log())
    assert.ok(performance.now() - startMs < 2000, log())
    assert.match(log(), /"msg":"verdict changed"/)
  })
})
