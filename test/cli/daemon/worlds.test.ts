// May take 240 s: interfaces that come back and a dozen starts of the program, on a busy machine
// The built daemon where the kernel decides: interfaces, descriptors, signals. On a cable whose far end is nuc-4, elected
// for 192.168.1.60; this host is nuc-3. What takes long: daemon-worlds.test.ts, in memory.
import assert from 'node:assert/strict'
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { cable, inNamespaces, ipCommand, machine, runCommand } from '../../helpers/netns.ts'
import { RunningDaemon } from '../../helpers/running-daemon.ts'
import { until } from '../../helpers/until.ts'

const SETTINGS = 'node: nuc-3\ninterval: 2s\nconfirmInterval: 1s\nmemberlist: off\n'
const OK = /^arpcheck_vip_verdict\{vip="192\.168\.1\.60",verdict="ok"\} 1$/m
const NOT_OK = /^(?![^]*verdict="ok"\} 1)[^]*^arpcheck_build_info/m
const SILENT = /^arpcheck_vip_silence_seconds\{vip="192\.168\.1\.60"\} (?!0$)/m
const FAULT = /"verdict":"(?:silent|mismatch|duplicate|foreign|unexpected)"/
const MISTAKE = /a mistake of ours/

inNamespaces(() => {
  ipCommand('link set lo up')
  cable('eno1', 'far0')
  const nuc4 = machine()
  nuc4.adopt('far0')
  nuc4.run('ip', 'link', 'set', 'far0', 'up')
  nuc4.run('ip', 'address', 'add', '192.168.1.14/24', 'dev', 'far0')
  const announce = (): string => nuc4.run('ip', 'address', 'add', '192.168.1.60/32', 'dev', 'far0')
  const withdraw = (): string => nuc4.run('ip', 'address', 'del', '192.168.1.60/32', 'dev', 'far0')
  announce()
  ipCommand('address add 192.168.1.13/24 dev eno1')

  test('interface down, renamed, another MAC; a broken file, SIGSTOP, no descriptor left → normal by itself after each, no fault', async (t) => {
    const daemon = await RunningDaemon.start(t, SETTINGS)
    const { child, config } = daemon
    await daemon.metric(OK)
    ipCommand('link set eno1 down')
    await daemon.metric(NOT_OK)
    ipCommand('link set eno1 up')
    await daemon.metric(OK)
    ipCommand('link set eno1 down')
    ipCommand('link set eno1 name eno9')
    ipCommand('link set eno9 up')
    await daemon.metric(/^arpcheck_frames_total\{interface="eno9",direction="sent",kind="broadcast"\} [1-9]/m)
    await daemon.metric(OK)
    ipCommand('link set eno9 address 02:00:00:00:00:99')
    await until(
      'our record holds the new name and MAC',
      () => /eno9.*02:00:00:00:00:99/.test(record()),
      30_000,
    )
    await daemon.metric(OK)
    ipCommand('link set eno9 down')
    ipCommand('link set eno9 name eno1')
    ipCommand('link set eno1 up')
    await daemon.metric(OK)

    writeFileSync(config, 'intervall: 3s\n')
    child.kill('SIGHUP')
    await daemon.metric(/^arpcheck_config_last_reload_successful 0$/m)
    assert.match(daemon.log, /Did you mean interval.*configuration not taken/)
    await daemon.metric(/^arpcheck_vip_probe_interval_seconds\{vip="192\.168\.1\.60"\} 2$/m)
    await daemon.metric(OK)
    writeFileSync(config, SETTINGS.replace('2s', '3s'))
    child.kill('SIGHUP')
    await daemon.metric(/^arpcheck_config_last_reload_successful 1$/m)
    await daemon.metric(/^arpcheck_vip_probe_interval_seconds\{vip="192\.168\.1\.60"\} 3$/m)

    child.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, 3000)) // as long as it stands still: no waiting for anybody
    child.kill('SIGCONT')
    await daemon.metric(OK)

    // Two numbers are left below the limit; whoever connects takes them, and is sent away as the rest is.
    const pid = String(child.pid)
    const open = readdirSync(`/proc/${pid}/fd`).map(Number)
    const spare = Math.max(...open.filter((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === '/dev/null'))
    const free = Array.from({ length: 1024 }, (_, fd) => fd).filter((fd) => !open.includes(fd))
    const limit = Math.max(free[2]!, spare + 1)
    const left = free.filter((fd) => fd < limit).length
    assert.ok(left < 8, `${left} descriptors are left`)
    runCommand('prlimit', ['--pid', pid, `--nofile=${limit}:`])
    const sockets = Array.from({ length: 24 }, (_, i) =>
      connect({ port: daemon.port, host: '127.0.0.1', localAddress: `127.0.1.${1 + (i % 4)}` }),
    )
    const gone = { count: 0 }
    for (const socket of sockets) void ended(socket).then(() => gone.count++)
    daemon.double.wire.reset()
    ipCommand('link set eno1 address 02:00:00:00:00:98')
    await until('each is closed, none hangs', () => gone.count === sockets.length, 30_000)
    runCommand('prlimit', ['--pid', pid, '--nofile=1024:'])
    await daemon.metric(OK)
    await daemon.metric(/^arpcheck_source_readable\{source="services"\} 1$/m)
    assert.equal((await daemon.terminate()).status, 0, daemon.log)
    assert.doesNotMatch(daemon.log, FAULT)
    assert.doesNotMatch(daemon.log, MISTAKE)

    function record(): string {
      const leases = daemon.double.api.objects('Lease')
      return JSON.stringify(leases.find(({ metadata: { name } }) => name === 'arpcheck-nuc-3') ?? '')
    }
  })

  test('SIGTERM while idle, in a burst, with the API away, under slow scrapes → ends by itself within 2 s, every socket closed', async (t) => {
    const port = (index: number): number => 10_820 + 2 * index
    const all = await Promise.all([0, 1, 2, 3].map((index) => RunningDaemon.start(t, SETTINGS, port(index))))
    const [idle, bursting, lonely, scraped] = all as [
      RunningDaemon,
      RunningDaemon,
      RunningDaemon,
      RunningDaemon,
    ]
    await Promise.all(all.map((daemon) => daemon.metric(OK)))

    await endsInTime('idle', idle)
    const open = ['GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /metrics HTTP/1.1\r\nHo', ''].map(
      (text) => {
        const socket = connect(scraped.port, '127.0.0.1')
        socket.write(text)
        return { socket, end: ended(socket, false) }
      },
    )
    await new Promise((resolve) => open[0]!.socket.once('readable', resolve))
    await endsInTime('scraped', scraped)
    for (const { socket } of open) socket.resume()
    await Promise.all(open.map(({ end }) => end))

    lonely.double.wire.freeze()
    await lonely.double.wire.refuse()
    await endsInTime('API away', lonely)

    withdraw()
    await bursting.metric(SILENT)
    await endsInTime('in a burst', bursting)
    announce()
  })
})

async function endsInTime(what: string, daemon: RunningDaemon): Promise<void> {
  const { ms, status } = await daemon.terminate()
  assert.equal(status, 0, `${what}: ${daemon.log}`)
  assert.ok(ms < 2000, `${what}: ${ms} ms\n${daemon.log}`)
  // what hangs is cut off, and says nothing any more
  assert.match(daemon.log, /"msg":"stopped"\}\n$/, what)
  assert.doesNotMatch(daemon.log, MISTAKE)
}

/** Resolves when the other side has ended it, in whichever way. */
function ended(socket: Socket, reads = true): Promise<void> {
  socket.on('error', () => {})
  if (reads) socket.resume()
  return new Promise((resolve) => socket.once('close', () => resolve()))
}
