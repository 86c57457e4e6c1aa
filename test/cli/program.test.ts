import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

// The built program as a child process, without a cluster. It never sends: each case ends before a socket is opened.
const program = join(process.cwd(), 'dist/arpcheck.js')
const version: string = JSON.parse(readFileSync('package.json', 'utf8')).version

function run(argv: readonly string[], env: Record<string, string> = {}) {
  const { PATH = '' } = process.env
  const options = {
    env: { PATH, LANG: 'C.UTF-8', ARPCHECK_NO_KUBE: '1', ...env },
    encoding: 'utf8',
    timeout: 20_000,
  } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], options)
  return { status, stdout, stderr }
}

for (const argv of [['--version'], ['-V'], ['version'], ['-q', '--version']]) {
  test(`${argv.join(' ')} prints the version alone`, () =>
    assert.deepEqual(run(argv), { status: 0, stdout: `${version}\n`, stderr: '' }))
}

for (const argv of [['--help'], ['-h'], ['help'], ['check', '--help'], ['-i', 'eno1', '-h', '10.0.0.1']]) {
  test(`${argv.join(' ')} prints the help on stdout, within 80 columns`, () => {
    const { status, stdout, stderr } = run(argv)
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^arpcheck - is each/)
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.length > 80),
      [],
    )
  })
}

for (const [argv, said] of [
  [[], /No address is given: without a cluster arpcheck asks for those it is\s+told/],
  [['--no-kube'], /No address is given/],
  [['check'], /No address is given/],
  [['--replay', 'a.pcap'], /No address is given: a capture is judged for those it is told/],
  [['10.0.0.1=nuc-4'], /"10\.0\.0\.1=nuc-4" names a node, and --no-kube asks no cluster/],
  [['--replay', 'a.pcap', '10.0.0.1=nuc-4'], /names a node, and --replay asks no cluster/],
  [['--memberlist', 'require', '10.0.0.1'], /--memberlist require needs a cluster/],
  [['--ifcae', 'eno1', '10.0.0.1'], /There is no flag "--ifcae"\. Did you mean --iface\?/],
  [['-o', 'bogus', '10.0.0.1'], /--output takes table, wide, json, yaml or name, not "bogus"/],
  [['192.168.1.999'], /"192\.168\.1\.999" is not an IP address/],
  [['chekc', '10.0.0.1'], /"chekc" is no address\.\n +Did you mean {2}arpcheck check\?/],
  [['10.0.0.1', 'lab'], /The command goes first: {2}arpcheck lab/],
  [['10.0.0.0/8'], /16777216 addresses/],
  [['10.0.0.0/19'], /That is 8192 addresses.*\n(.*\n)* +.*--yes/],
  [['--must-be-free', '10.0.0.1', '10.0.0.1'], /10\.0\.0\.1 cannot be asked for and be free at once/],
  [['--must-be-free', '10.0.0.1=1c:69:7a:aa:04:10', '10.0.0.2'], /takes an address without an owner/],
  [['--must-be-free', '10.0.0.1=nuc-4', '10.0.0.2'], /without an owner, not 10\.0\.0\.1=nuc-4/],
  [['--replay', 'a.pcap', '--asker', 'me', '10.0.0.1'], /--asker takes a MAC like/],
  [['completion', 'tcsh'], /There is no completion for "tcsh"/],
  [['\u001B[31m'], /\\x1b\[31m/],
] as const) {
  test(`arpcheck ${JSON.stringify(argv.join(' '))} exits 2 with a sentence on stderr and nothing on stdout`, () => {
    const { status, stdout, stderr } = run(argv)
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, said)
    assert.doesNotMatch(stderr, /^\s+at /m)
  })
}

const FILE = 'test/fixtures/captures/one.pcapng'

for (const [argv, status, said] of [
  [['192.168.1.60', '-o', 'name'], 0, /^192\.168\.1\.60\n$/],
  [['192.168.1.60'], 0, /✓ {2}192\.168\.1\.60 answers/],
  [['192.168.1.60', '-qq'], 0, /^$/],
  [['192.168.1.60', '--require-expectation'], 4, /answers/],
  [['192.168.1.61'], 1, /✗ {2}192\.168\.1\.61 is not answered/],
  [['192.168.1.61', '--fail-on', 'never'], 0, /is not answered/],
  [['192.168.1.60', '192.168.1.61', '-q', '-o', 'name'], 1, /^192\.168\.1\.61\n$/],
  [['192.168.1.60', '-o', 'yaml'], 0, /^apiVersion: arpcheck\.io\/v1\n/],
] as const) {
  test(`of a capture, ${argv.join(' ')} exits ${status} and prints ${said}`, () => {
    const ran = run(['--replay', FILE, ...argv])
    assert.deepEqual([ran.status, ran.stderr], [status, ''])
    assert.match(ran.stdout, said)
  })
}

/** A line for the shell, in which $0 $1 is the program and $2 the capture. */
function inShell(line: string) {
  const { PATH = '' } = process.env
  const options = { env: { PATH }, encoding: 'utf8' } as const
  const { stdout, stderr } = spawnSync('sh', ['-c', line, process.execPath, program, FILE], options)
  return { stdout, stderr }
}

test('a capture may come by a pipe', () =>
  assert.deepEqual(inShell('cat "$2" | "$0" "$1" --replay - 192.168.1.60 -o name'), {
    stdout: '192.168.1.60\n',
    stderr: '',
  }))

test('a reader that goes away changes neither the exit code nor stderr', () =>
  assert.deepEqual(inShell('{ "$0" "$1" --replay "$2" 192.168.1.61 -o json; echo $? >&2; } | true'), {
    stdout: '',
    stderr: '1\n',
  }))

for (const [what, args, said] of [
  ['results', '--replay "$2" 192.168.1.60', /Cannot write the results: no space left on device\./],
  [
    'a version',
    '--version',
    /^arpcheck: cannot write the version: ENOSPC: no space left on device, write\n$/,
  ],
] as const) {
  test(`${what} that cannot be written exit 3`, () => {
    const { stdout, stderr } = inShell(`"$0" "$1" ${args} > /dev/full; echo $?`)
    assert.equal(stdout, '3\n')
    assert.match(stderr, said)
  })
}

for (const [argv, status, said] of [
  [['--replay', '/nowhere'], 3, /\/nowhere cannot be read/],
  [['--replay', 'package.json'], 3, /neither a pcap nor a pcapng/],
  [['--pcap', '/nowhere/a.pcap'], 2, /--pcap \/nowhere\/a\.pcap cannot be made/],
  [['--pcap', 'a.pcap', '--replay', FILE], 2, /exclude each other/],
  [['--asker', '02:00:00:00:00:13'], 2, /needs --replay/],
  [['-i', 'nosuch0'], 3, /There is no interface nosuch0 here/],
] as const) {
  test(`arpcheck ${argv.join(' ')} ADDRESS exits ${status}`, () => {
    const ran = run([...argv, '192.0.2.1'])
    assert.deepEqual([ran.status, ran.stdout], [status, ''])
    assert.match(ran.stderr, said)
  })
}

test('a mistake in the environment exits 2 and names the variable', () => {
  const { status, stderr } = run(['10.0.0.1'], { ARPCHECK_COUNT: 'many' })
  assert.equal(status, 2)
  assert.match(stderr, /ARPCHECK_COUNT takes a whole number/)
})

test('without a UTF-8 locale the message is plain ASCII', () => {
  const { stderr } = run(['nobody'], { LANG: 'C' })
  assert.match(stderr, /^\n {2}XX {2}/)
  assert.match(stderr, /^[\n -~]*$/)
})

for (const shell of ['bash', 'zsh', 'fish']) {
  test(`completion ${shell} prints a script that asks arpcheck`, () => {
    const { status, stdout, stderr } = run(['completion', shell])
    assert.deepEqual([status, stderr], [0, ''])
    assert.ok(stdout.includes(`arpcheck --complete ${shell}`), stdout)
  })
}
