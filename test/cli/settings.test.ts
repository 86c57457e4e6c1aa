import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArguments } from '../../src/cli/arguments.ts'
import { envName, FLAG_NAMES, flagOf, type Settings } from '../../src/cli/flags.ts'
import { readSettings } from '../../src/cli/settings.ts'
import { ArpcheckError } from '../../src/errors.ts'

function settings(argv: readonly string[], env: Record<string, string> = {}): Settings {
  return readSettings(readArguments(argv).flags, env)
}

function refusal(argv: readonly string[], env: Record<string, string> = {}): string {
  try {
    settings(argv, env)
  } catch (error) {
    assert.ok(error instanceof ArpcheckError && error.exitCode === 2, String(error))
    return error.message
  }
  return assert.fail('was accepted')
}

test('without flags every default holds', () => {
  assert.deepEqual(settings([]), {
    iface: [],
    output: 'table',
    quiet: 0,
    verbose: 0,
    kubeconfig: null,
    context: null,
    'metallb-namespace': null,
    'no-kube': false,
    'no-cache': false,
    memberlist: 'auto',
    'memberlist-key-file': null,
    'speaker-metrics': false,
    udp: false,
    count: 3,
    interval: 250,
    timeout: 1000,
    rate: 50,
    sender: 'auto',
    sweep: false,
    yes: false,
    engine: 'native',
    pcap: null,
    replay: null,
    asker: null,
    'fail-on': 'error',
    'require-expectation': false,
    'no-settle': false,
    without: [],
    'must-be-free': [],
    color: 'auto',
    ascii: false,
    help: false,
    version: false,
  })
})

for (const [argv, name, value] of [
  [['-i', 'eno1', '--iface', 'eno2'], 'iface', ['eno1', 'eno2']],
  [['--iface=eno1'], 'iface', ['eno1']],
  [['-ieno1'], 'iface', ['eno1']],
  [['-ojson'], 'output', 'json'],
  [['-o=yaml'], 'output', 'yaml'],
  [['-q'], 'quiet', 1],
  [['-qq'], 'quiet', 2],
  [['-q', '-q'], 'quiet', 2],
  [['-v'], 'verbose', 1],
  [['--no-kube'], 'no-kube', true],
  [['--no-cache'], 'no-cache', true],
  [['--kubeconfig', '/root/.kube/config'], 'kubeconfig', '/root/.kube/config'],
  [['--context=nuc'], 'context', 'nuc'],
  [['-n', 'metallb'], 'metallb-namespace', 'metallb'],
  [['-nmetallb'], 'metallb-namespace', 'metallb'],
  [['--memberlist', 'off'], 'memberlist', 'off'],
  [['--without', 'nuc-1', '--without', 'nuc-2'], 'without', ['nuc-1', 'nuc-2']],
  [['--count', '100'], 'count', 100],
  [['--interval', '1.5s'], 'interval', 1500],
  [['--interval', '10ms'], 'interval', 10],
  [['--timeout', '1m'], 'timeout', 60_000],
  [['--rate', 'max'], 'rate', null],
  [['--rate', '1000000/s'], 'rate', 1_000_000],
  [['--sender', 'zero'], 'sender', 'zero'],
  [['--sender', '192.168.1.9'], 'sender', '192.168.1.9'],
  [['--yes', '--yes'], 'yes', true],
  [['--yes=false'], 'yes', false],
  [['--must-be-free', '10.0.0.1', '--must-be-free', '10.0.0.2'], 'must-be-free', ['10.0.0.1', '10.0.0.2']],
  [['--replay', '-'], 'replay', '-'],
  [['--asker', '1C-69-7A-AA-04-10'], 'asker', '1c:69:7a:aa:04:10'],
  [['--pcap', 'a file.pcap'], 'pcap', 'a file.pcap'],
] as const) {
  test(`${argv.join(' ')} sets ${name} to ${JSON.stringify(value)}`, () =>
    assert.deepEqual(settings(argv)[name], value))
}

for (const [argv, message] of [
  [['--bogus'], 'There is no flag "--bogus".'],
  [['--cuont', '3'], 'There is no flag "--cuont". Did you mean --count?'],
  [['--ifaces', 'eno1'], 'There is no flag "--ifaces". Did you mean --iface?'],
  [['--json'], 'There is no flag "--json".'],
  [['-x'], 'There is no flag "-x".'],
  [['--failOn', 'never'], 'There is no flag "--failOn". Did you mean --fail-on?'],
  [['--toString=1'], 'There is no flag "--toString".'],
  [['--__proto__', 'x'], 'There is no flag "--__proto__".'],
  [['--constructor', 'x'], 'There is no flag "--constructor".'],
  [['-o', 'bogus'], '--output takes table, wide, json, yaml or name, not "bogus".'],
  [['-o', 'jsn'], '--output takes table, wide, json, yaml or name, not "jsn". Did you mean json?'],
  [['-o'], '--output takes table, wide, json, yaml or name, it has no value.'],
  [['-o', 'json', '-o', 'yaml'], '--output is given 2 times; it takes one value.'],
  [['--iface'], '--iface needs a value.'],
  [['--iface='], '--iface needs a value.'],
  [['--count', '0'], '--count takes a whole number from 1 to 100, not "0".'],
  [['--count', '101'], '--count takes a whole number from 1 to 100, not "101".'],
  [['--count', '3.5'], '--count takes a whole number from 1 to 100, not "3.5".'],
  [['--count', '1e1'], '--count takes a whole number from 1 to 100, not "1e1".'],
  [['--interval', '5'], '--interval takes a time from 10ms to 60s, like 250ms or 1.5s, not "5".'],
  [['--interval', '9ms'], '--interval takes a time from 10ms to 60s, like 250ms or 1.5s, not "9ms".'],
  [['--timeout', '61s'], '--timeout takes a time from 10ms to 60s, like 250ms or 1.5s, not "61s".'],
  [['--timeout', '-1s'], 'There is no flag "-1".'],
  [['--rate', '0'], '--rate takes frames per second, from 1 to 1000000, or max, not "0".'],
  [['--sender', '::1'], '--sender takes auto, zero or an IPv4 address, not "::1".'],
  [['--fail-on', 'info'], '--fail-on takes error, warning or never, not "info".'],
  [['--pcap', ''], '--pcap needs a value.'],
  [['-qqqqqqqqqq'], '--quiet takes a whole number from 0 to 9, not "10".'],
] as const) {
  test(`${argv.join(' ')} is refused: ${message}`, () => assert.equal(refusal(argv), message))
}

test('addresses stay texts, wherever they stand between flags', () => {
  const { words } = readArguments([
    '-i',
    'eno1',
    '192.168.1.60',
    '-q',
    '10.0.0.1-9',
    '1234',
    '--',
    '-x',
    '-ojson',
  ])
  assert.deepEqual(words, ['192.168.1.60', '10.0.0.1-9', '1234', '-x', '-ojson'])
})

test('what is typed wins over the environment, and that over the default', () => {
  assert.equal(settings([], { ARPCHECK_COUNT: '7' }).count, 7)
  assert.equal(settings(['--count', '5'], { ARPCHECK_COUNT: '7' }).count, 5)
  assert.equal(settings([], { ARPCHECK_COUNT: '' }).count, 3)
  assert.deepEqual(settings([], { ARPCHECK_IFACE: 'eno1,eno2' }).iface, ['eno1', 'eno2'])
  assert.equal(settings([], { ARPCHECK_NO_KUBE: 'true' })['no-kube'], true)
  assert.equal(settings([], { ARPCHECK_QUIET: '2' }).quiet, 2)
})

test('a mistake in the environment names its variable', () => {
  assert.equal(
    refusal([], { ARPCHECK_INTERVAL: 'soon' }),
    'ARPCHECK_INTERVAL takes a time from 10ms to 60s, like 250ms or 1.5s, not "soon".',
  )
  assert.equal(refusal([], { ARPCHECK_ASCII: 'maybe' }), 'ARPCHECK_ASCII takes 1 or 0, not "maybe".')
})

// Kubernetes sets ARPCHECK_PORT, ARPCHECK_SERVICE_HOST, … in every pod beside a Service named arpcheck.
test('no flag reads a variable that Kubernetes sets for a Service', () => {
  const read = FLAG_NAMES.map(envName)
  assert.deepEqual(
    read.filter((name) => /_(PORT|SERVICE_.*|PORT_.*)$/.test(name ?? '')),
    [],
  )
  assert.equal(settings([], { ARPCHECK_PORT: 'tcp://10.0.0.1:10806', ARPCHECK_SERVICE_HOST: 'x' }).count, 3)
})

test('--udp, --yes, --without, --help and --version are never read from the environment', () => {
  assert.equal(settings([], { ARPCHECK_YES: '1', ARPCHECK_HELP: '1' }).yes, false)
  assert.deepEqual(
    FLAG_NAMES.filter((name) => envName(name) === undefined),
    ['udp', 'yes', 'without', 'help', 'version'],
  )
})

test('every flag has a help line of its own', () => {
  const lines = FLAG_NAMES.map((name) => flagOf(name).help)
  assert.equal(new Set(lines).size, lines.length)
})
