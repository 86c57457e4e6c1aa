// Builds the container image and runs it as Kubernetes would: `node .ci/image.mjs [--archive FILE]`.
// buildah builds, runc runs; no engine, no registry. It probes real frames over a veth pair between two network namespaces
// that are made here and end with this process. --archive saves the image, for `ctr images import`.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build, root } from './build.mjs'
import { layOut, programsIn } from './image/rootfs.mjs'

const { values: options } = parseArgs({ options: { archive: { type: 'string' } } })
const WORK = join(root, 'build/image')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
/** As the chart names it. */
const NAME = `localhost/arpcheck:${version}`
const STORE = ['--storage-driver', 'vfs', '--root', join(WORK, 'store'), '--runroot', join(WORK, 'run')]
/** 99 MB of it are node itself. */
const MAX_MEGABYTES = 125

if (process.getuid() !== 0) stop('Only root can set a file capability: run it as root.')
await build()
rmSync(WORK, { recursive: true, force: true })
mkdirSync(WORK, { recursive: true })
try {
  const packages = layOut(join(WORK, 'rootfs'))
  assert.deepEqual(programsIn(join(WORK, 'rootfs')), ['/usr/bin/node'], 'programs in the image')
  say(`packages: ${packages.join(', ')}`)
  buildImage()
  checkImage()
  runImage()
  if (options.archive) save(options.archive)
} finally {
  rmSync(WORK, { recursive: true, force: true })
}

function buildImage() {
  const args = ['--build-arg', `VERSION=${version}`, '--build-arg', `REVISION=${revision()}`]
  // The same files give the same layer, whenever it is built.
  const flags = ['--timestamp', '0', '--format', 'oci', '--tag', NAME, '--file', 'deploy/Containerfile']
  buildah('build', '--isolation', 'chroot', ...flags, ...args, WORK)
}

function checkImage() {
  const { OCIv1: image, Docker: docker } = JSON.parse(buildah('inspect', '--type', 'image', NAME))
  const { size } = JSON.parse(buildah('images', '--json', NAME))[0]
  const megabytes = Number(/^([\d.]+) MB$/.exec(size)?.[1] ?? NaN)
  assert.equal(image.config.User, '65534:65534')
  assert.equal(docker.config.Labels['org.opencontainers.image.version'], version)
  say(`image ${NAME}: ${size} unpacked`)
  assert.ok(megabytes <= MAX_MEGABYTES, `more than ${MAX_MEGABYTES} MB`)
}

/** In network and mount namespaces of its own: whatever is made in there is gone with it. */
function runImage() {
  const container = buildah('from', NAME).trim()
  const rootfs = buildah('mount', container).trim()
  const inside = [process.execPath, join(root, '.ci/image/inside.mjs'), rootfs, WORK]
  const { status } = spawnSync(
    'unshare',
    ['--net', '--mount', '--fork', '--pid', '--mount-proc', '--kill-child', ...inside],
    { stdio: ['ignore', 'inherit', 'inherit'], timeout: 120_000 },
  )
  buildah('rm', container)
  if (status !== 0) stop('The image does not run as it should, as above.', 1)
}

function save(file) {
  buildah('push', '--quiet', NAME, `oci-archive:${file}:${NAME}`)
  say(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB packed`)
}

function buildah(...args) {
  return execFileSync('buildah', [...STORE, ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 16 * 1024 * 1024,
  })
}

/** The commit that it is built of; none in a source archive. */
function revision() {
  const { stdout, status } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' })
  return status === 0 ? stdout.trim() : ''
}

function say(words) {
  process.stdout.write(`${words}\n`)
}

function stop(words, code = 3) {
  process.stderr.write(`${words}\n`)
  process.exit(code)
}
