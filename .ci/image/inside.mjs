// Inside namespaces of its own: runs the image by runc, with what Kubernetes gives to the chart's Pod, on a segment where
// one address is answered and one is not. `node inside.mjs ROOTFS WORK`.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { chartsPod, podSpec } from './podspec.mjs'

const [rootfs, work] = process.argv.slice(2)
/** RFC 5737: documentation. The kernel of the other namespace answers for the first, nobody for the second. */
const [HERE, ANSWERED, SILENT] = ['192.0.2.1', '192.0.2.10', '192.0.2.11']
const RUNS = 5
const MAC = '02:00:5e:00:53:01'

makeSegment()
const version = run(['--version'])
assert.equal(version.status, 0, version.stderr)
reportStart()

test('it asks, and hears the one that answers', ['--no-kube', `${ANSWERED}=${MAC}`], 0)
test(
  'it tells another MAC, and an address that nobody answers for',
  ['--no-kube', `${ANSWERED}=02:00:5e:00:53:02`, SILENT],
  1,
)
withoutRight()
daemonsArguments()

/** Two namespaces, this one and a new one, and a veth pair between them. */
function makeSegment() {
  const holder = spawn('unshare', ['--net', '--kill-child', 'sleep', '300'], { stdio: 'ignore' })
  // It must not keep this process; the namespace of processes that ends with us ends it too.
  holder.unref()
  const there = `/proc/${holder.pid}/ns/net`
  awaitOther(there)
  const lines = [
    `ip link set lo up`,
    `ip link add probe type veth peer name node`,
    `ip link set node netns ${holder.pid}`,
    `ip address add ${HERE}/24 dev probe`,
    `ip link set probe up`,
    `nsenter --net=${there} ip link set node address ${MAC}`,
    `nsenter --net=${there} ip address add ${ANSWERED}/24 dev node`,
    `nsenter --net=${there} ip link set node up`,
  ]
  for (const line of lines) execFileSync(...split(line), { stdio: 'inherit' })
}

/** unshare has left our namespace once the two links differ. */
function awaitOther(path) {
  const of = (file) => execFileSync('readlink', [file], { encoding: 'utf8' })
  while (of(path) === of('/proc/self/ns/net')) spawnSync('sleep', ['0.05'])
}

function split(line) {
  const [command, ...args] = line.split(' ')
  return [command, args]
}

/** Runs the image once, with the chart's capabilities unless others are given: what it says, and how it ends. */
function run(args, capabilities) {
  const bundle = join(work, 'bundle')
  const config = join(work, 'config')
  for (const folder of [bundle, config]) mkdirSync(folder, { recursive: true })
  writeFileSync(join(config, 'arpcheck.yaml'), '{}\n')
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(podSpec({ rootfs, args, capabilities, config })))
  const start = performance.now()
  const command = ['--root', join(work, 'runc'), 'run', '--bundle', bundle, 'arpcheck']
  const { status, stdout, stderr } = spawnSync('runc', command, { encoding: 'utf8', timeout: 30_000 })
  return { status, stdout, stderr, ms: performance.now() - start }
}

function test(claim, args, status) {
  const result = run(args)
  assert.equal(result.status, status, `${claim}: exit ${result.status}\n${result.stdout}${result.stderr}`)
  process.stdout.write(`✓ ${claim}: exit ${status}\n${result.stdout.replaceAll(/^/gm, '  ').trimEnd()}\n`)
}

/** The capability comes from the Pod's securityContext; the image alone opens nothing. */
function withoutRight() {
  const { status, stdout, stderr } = run(['--version'], [])
  assert.notEqual(status, 0, stdout)
  assert.match(stderr, /operation not permitted/)
  process.stdout.write('✓ without NET_RAW it does not start: operation not permitted\n')
}

/** The daemon takes what the chart tells it. */
function daemonsArguments() {
  const { status, stdout, stderr } = run([...chartsPod().containers[0].args, '--check-config'])
  assert.equal(status, 0, `${stdout}${stderr}`)
  process.stdout.write("✓ the daemon takes the chart's arguments\n")
}

function reportStart() {
  const times = Array.from({ length: RUNS }, () => run(['--version']).ms).toSorted((a, b) => a - b)
  const bare = Array.from({ length: RUNS }, () => outside()).toSorted((a, b) => a - b)
  const [inside, here] = [times, bare].map((list) => list[Math.floor(RUNS / 2)].toFixed(0))
  process.stdout.write(
    `✓ arpcheck --version ends ${inside} ms after runc run, ${here} ms without a container (median of ${RUNS})\n`,
  )
}

function outside() {
  const start = performance.now()
  spawnSync(process.execPath, [join(rootfs, 'usr/lib/arpcheck/arpcheck.js'), '--version'])
  return performance.now() - start
}
