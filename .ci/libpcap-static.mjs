// A static, position-independent libpcap for release builds, made from the distribution's own source package: the addon
// then needs no library that a plain Linux lacks. Kept outside the project between builds; delete it to make it anew.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Only what captures on Ethernet: each of the others brings a library or a device that arpcheck never opens. */
const CONFIGURE = [
  '--disable-shared',
  '--disable-dbus',
  '--disable-rdma',
  '--disable-usb',
  '--disable-bluetooth',
  '--without-libnl',
  '--without-dag',
  '--without-septel',
  '--without-snf',
  '--without-turbocap',
]
const TOOLS = { flex: 'flex', bison: 'bison', 'dpkg-source': 'dpkg-dev', make: 'make', gcc: 'gcc' }

const cache = process.env['ARPCHECK_CACHE'] ?? join(homedir(), '.cache/arpcheck')
const home = join(cache, `libpcap-static-${process.arch}`)
const prefix = join(home, 'prefix')

/** The folder of its headers and library; made when it is not there yet. */
export function staticLibpcap(say) {
  if (existsSync(join(prefix, 'lib/libpcap.a'))) return prefix
  needTools()
  say('fetching the source of libpcap')
  const source = fetchSource()
  say('compiling libpcap')
  run(source, './configure', [`--prefix=${prefix}`, ...CONFIGURE], {
    CFLAGS: '-O2 -fPIC -fvisibility=hidden',
  })
  run(source, 'make', ['libpcap.a'])
  for (const folder of ['include/pcap', 'lib']) mkdirSync(join(prefix, folder), { recursive: true })
  for (const name of ['pcap.h', ...readdirSync(join(source, 'pcap')).map((header) => `pcap/${header}`)])
    copyFileSync(join(source, name), join(prefix, 'include', name))
  copyFileSync(join(source, 'libpcap.a'), join(prefix, 'lib/libpcap.a'))
  for (const name of readdirSync(home).filter((other) => other !== 'prefix'))
    rmSync(join(home, name), { recursive: true })
  return prefix
}

/** Unpacked and with the distribution's patches; apt keeps its lists of sources in our folder, not the machine's. */
function fetchSource() {
  rmSync(home, { recursive: true, force: true })
  for (const folder of ['sources', 'lists/partial', 'cache/archives/partial'])
    mkdirSync(join(home, folder), { recursive: true })
  writeSources(join(home, 'sources'))
  const options = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': join(home, 'sources'),
    'Dir::State::lists': join(home, 'lists'),
    'Dir::Cache': join(home, 'cache'),
    'APT::Sandbox::User': 'root',
  }
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  run(home, 'apt-get', ['-qq', ...flags, 'update'])
  run(home, 'apt-get', ['-qq', ...flags, 'source', 'libpcap'])
  const folder = readdirSync(home).find((name) => /^libpcap-\d/.test(name))
  if (folder === undefined) throw new Error(`apt-get source left no libpcap in ${home}`)
  return join(home, folder)
}

/** The machine's own mirrors of this distribution, asked for source packages instead. */
function writeSources(folder) {
  const parts = readdirSync('/etc/apt/sources.list.d').map((name) => join('/etc/apt/sources.list.d', name))
  for (const [i, path] of ['/etc/apt/sources.list', ...parts].filter(existsSync).entries()) {
    const text = readFileSync(path, 'utf8')
    if (path.endsWith('.sources')) writeFileSync(join(folder, `${i}.sources`), stanzas(text))
    else if (path.endsWith('.list')) writeFileSync(join(folder, `${i}.list`), lines(text))
  }
}

function stanzas(text) {
  return text
    .replaceAll(/^#.*\n/gm, '')
    .split(/\n\s*\n/)
    .filter((stanza) => isOfDistribution(/^Suites:(.*)$/m.exec(stanza)?.[1] ?? ''))
    .map((stanza) => stanza.replace(/^Types:.*$/m, 'Types: deb-src'))
    .join('\n\n')
}

function lines(text) {
  return text
    .split('\n')
    .map((line) => /^deb\s+(?:\[[^\]]*\]\s+)?\S+\s+(\S+)/.exec(line))
    .filter((match) => match !== null && isOfDistribution(match[1]))
    .map(({ input }) => `${input.replace(/^deb\s/, 'deb-src ')}\n`)
    .join('')
}

function isOfDistribution(suites) {
  const codename = /^VERSION_CODENAME="?(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  return suites.split(/\s+/).some((suite) => suite === codename || suite.startsWith(`${codename}-`))
}

function needTools() {
  const missing = Object.entries(TOOLS)
    .filter(([tool]) => spawnSync(tool, ['--version']).error !== undefined)
    .map(([, name]) => name)
  if (missing.length === 0) return
  if (process.getuid?.() !== 0)
    throw new Error(`Missing: sudo apt-get install -y --no-install-recommends ${missing.join(' ')}`)
  run(
    '/',
    'apt-get',
    ['-qq', '-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '--no-install-recommends', ...missing],
    {
      DEBIAN_FRONTEND: 'noninteractive',
    },
  )
}

function run(cwd, command, args, environment = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}\n${error?.message ?? ''}${stdout}${stderr}`.trim())
}
