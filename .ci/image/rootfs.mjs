// Lays out the image's files: a few of Debian's packages, the running node, and dist/.
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { addon, root } from '../build.mjs'

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'arpcheck/debian')
const HOME = 'usr/lib/arpcheck'
/** node's own; what the addon needs beside them is asked of the linker, and is nothing where libpcap is linked in. */
const PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1']
/** Of those packages: manuals, and tables to convert old character sets, which node has of its own. */
const LEFT_OUT = /^(?:usr\/share\/(?!doc\/[^/]+\/copyright)|(?:usr\/)?lib\/[^/]+\/(?:gconv|audit)\/|etc\/)/
/** The lab needs tools that no image of ours has, manual and declarations are for people. */
const NOT_SHIPPED = ['lab.js', 'index.js', 'types', 'man']
const FILES = {
  'etc/passwd': 'root:x:0:0:root:/:/nonexistent\nnobody:x:65534:65534:nobody:/nonexistent:/nonexistent\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  'etc/nsswitch.conf': 'hosts: files dns\n',
}

/** Returns the packages that went in, as `name version`. */
export function layOut(rootfs) {
  rmSync(rootfs, { recursive: true, force: true })
  for (const folder of ['etc', 'usr/bin', HOME, 'var/lib/dpkg/status.d', 'proc', 'sys', 'dev', 'tmp'])
    mkdirSync(join(rootfs, folder), { recursive: true })
  mkdirSync(CACHE, { recursive: true })
  const names = [...new Set([...PACKAGES, ...packagesOf(addon)])]
  const versions = fetched(names).map((archive) => unpack(archive, rootfs))
  for (const [path, text] of Object.entries(FILES)) writeFileSync(join(rootfs, path), text)
  copyProgram(join(rootfs, HOME))
  const node = join(rootfs, 'usr/bin/node')
  copyFileSync(realpathSync(process.execPath), node)
  run(['setcap', 'cap_net_raw+ep', node])
  return versions
}

function copyProgram(home) {
  cpSync(join(root, 'dist'), home, {
    recursive: true,
    filter: (path) => !NOT_SHIPPED.includes(basename(path)),
  })
  copyFileSync(join(root, 'LICENSE'), join(home, 'LICENSE'))
  // Echo to node addresses; without it that one thing is reported as not available. `cap` is another engine by name only.
  const [from, to] = [join(root, 'node_modules/raw-socket'), join(home, 'node_modules/raw-socket')]
  if (!existsSync(join(from, 'build/Release/raw.node'))) return
  mkdirSync(join(to, 'build/Release'), { recursive: true })
  for (const name of ['index.js', 'package.json', 'build/Release/raw.node'])
    copyFileSync(join(from, name), join(to, name))
}

/** The packages whose libraries a binary is linked to, directly or not. */
function packagesOf(binary) {
  const libraries = run(['ldd', binary]).matchAll(/=> (\/\S+)/g)
  return [...libraries].map(([, path]) => ownerOf(path))
}

/** dpkg may know a file below /usr by its name without it. */
function ownerOf(path) {
  const names = [path, realpathSync(path), path.replace(/^\/usr(?=\/lib)/, ''), `/usr${path}`]
  for (const name of names) {
    try {
      return run(['dpkg', '-S', name]).split(':')[0]
    } catch {
      // The next spelling.
    }
  }
  throw new Error(`no package owns ${path}`)
}

function unpack(archive, rootfs) {
  const folder = join(rootfs, '.unpack')
  run(['dpkg', '-x', archive, folder])
  cpSync(folder, rootfs, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !isLeftOut(path.slice(folder.length + 1), path),
  })
  rmSync(folder, { recursive: true })
  const control = run(['dpkg', '-f', archive])
  const { name, version } = /^Package: (?<name>.*)$[^]*^Version: (?<version>.*)$/m.exec(control).groups
  // Where scanners of images without a package manager look.
  writeFileSync(join(rootfs, 'var/lib/dpkg/status.d', name), control)
  return `${name} ${version}`
}

function isLeftOut(path, whole) {
  return !statSync(whole, { throwIfNoEntry: false })?.isDirectory() && LEFT_OUT.test(path)
}

/** The newest archives of these packages, from the mirrors that this machine has, kept from one build to the next. */
function fetched(names) {
  const files = archivesOf(names)
  const missing = names.filter((_, index) => !existsSync(join(CACHE, files[index])))
  if (missing.length > 0) run(['apt-get', '-qq', 'download', ...missing])
  return files.map((file) => join(CACHE, file))
}

/** Names of their archives, in this order. Old lists of packages may name what is not there any more. */
function archivesOf(names) {
  // It does not name what lies in the folder where it runs.
  const uris = () => run(['apt-get', '-qq', '--print-uris', 'download', ...names], '/')
  let text
  try {
    text = uris()
  } catch {
    run(['apt-get', '-qq', 'update'])
    text = uris()
  }
  const files = text
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[1])
  return names.map((name) => files.find((file) => file.startsWith(`${name}_`)))
}

function run([command, ...args], cwd = CACHE) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Everything in it that somebody could run, by its own name. */
export function programsIn(rootfs) {
  return readdirSync(rootfs, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?:^|\/)s?bin$/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name).slice(rootfs.length))
}
