// Makes a fresh clone ready: `node .ci/setup.mjs [--quiet] [build|demo|test|bench|fuzz]`.
// Only Node's built-ins up to the line that runs npm ci: before it there is no node_modules.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
/** Each stage needs the packages of those before it too; `fuzz` those of the first, and its own. */
const CHAIN = ['build', 'demo', 'test', 'bench']
const STAGES = [...CHAIN, 'fuzz']
const CANNOT_SET_UP = 3
/** An ordinary user's PATH on Debian lacks the sbin folders, where some of the tools live. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']

/** Packages of `stage` whose proof, a command or a file, is not on this machine; asking dpkg would take longer. */
function missingPackages(stage) {
  const table = JSON.parse(readFileSync(join(root, '.ci/packages.json'), 'utf8'))
  const stages = stage === 'fuzz' ? ['build', 'fuzz'] : CHAIN.slice(0, CHAIN.indexOf(stage) + 1)
  return stages.flatMap((name) => table[name]).filter(({ proof }) => !proof.some(isPresent))
}

function isPresent(proof) {
  return proof.startsWith('/')
    ? existsSync(proof)
    : FOLDERS.some((folder) => folder !== '' && existsSync(join(folder, proof)))
}

function installPackages(stage) {
  const missing = missingPackages(stage)
  if (missing.length === 0) return
  if (process.getuid?.() !== 0) cannotInstall(missing, 'Only root can install it')
  if (!isPresent('apt-get')) cannotInstall(missing, 'There is no apt-get here; on Debian it would be')
  const names = missing.map((row) => row.package)
  say(`installing ${names.join(' ')}`)
  // A fresh machine has no package lists. Where this fails, older lists may still do.
  apt('update')
  const { output } = apt('install', '-y', '--no-install-recommends', ...names)
  const still = missingPackages(stage)
  if (still.length > 0) cannotInstall(still, `apt-get could not install it:\n\n${output}\n\nBy hand it is`)
}

function apt(...args) {
  const quietly = ['-qq', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=120']
  return run('apt-get', [...quietly, ...args], { DEBIAN_FRONTEND: 'noninteractive' })
}

/** Ends here, with what is missing, what for, and the one line that installs it. */
function cannotInstall(rows, why) {
  const list = rows.map((row) => `  ${row.package.padEnd(16)} ${row.for}\n`).join('')
  const become = process.getuid?.() === 0 ? '' : 'sudo '
  const command = `${become}apt-get install -y --no-install-recommends ${rows.map((row) => row.package).join(' ')}`
  stop(`Missing on this machine:\n\n${list}\n${why}:\n\n  ${command}\n`)
}

/** Installs what the lock file pins, unless that very lock file was installed last. */
function installModules() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules/.arpcheck-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  say('npm ci')
  const { status, output } = run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], headers())
  if (status !== 0) stop(`${output}\nnpm ci failed: is the npm registry reached from here?`)
  writeFileSync(stamp, lock)
}

/**
 * Headers of the running Node for the optional packages. Where it has none node-gyp gives up at once, and they are
 * absent, rather than fetch some: a set-up downloads nothing but packages.
 */
function headers() {
  return { npm_config_nodedir: join(dirname(process.execPath), '..') }
}

async function buildAll() {
  const { build } = await import('./build.mjs')
  try {
    await build(say)
  } catch (error) {
    stop(`${error.message}\nThe build failed.`)
  }
}

function run(command, args, environment) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 15 * 60_000,
  })
  return { status, output: error ? error.message : `${stdout}${stderr}`.trim() }
}

function say(words) {
  process.stderr.write(`setup: ${words}\n`)
}

function stop(text) {
  process.stderr.write(`${text}\n`)
  process.exit(CANNOT_SET_UP)
}

const [stage = 'test'] = process.argv.slice(2).filter((arg) => arg !== '--quiet')
if (!STAGES.includes(stage)) stop(`Unknown stage ${stage}; there are ${STAGES.join(', ')}.`)
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19))
  stop(`Node 20.19 or newer is needed; this is ${process.version}.`)
installPackages(stage)
installModules()
await buildAll()
if (!process.argv.includes('--quiet')) say(`ready for ${stage}`)
