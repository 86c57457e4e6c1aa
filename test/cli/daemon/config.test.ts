import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { parse } from 'yaml'
import { readConfigFile } from '../../../src/cli/daemon/file.ts'
import { DAEMON_FLAG_NAMES, daemonFlag, FILE_KEYS } from '../../../src/cli/daemon/flags.ts'
import { daemonHelp } from '../../../src/cli/daemon/help.ts'
import { configText } from '../../../src/cli/daemon/print.ts'
import { readDaemonConfig, type ReadConfig } from '../../../src/cli/daemon/read.ts'
import { configSchema } from '../../../src/cli/daemon/schema.ts'
import { configTable } from '../../../src/cli/daemon/table.ts'
import { variableOf } from '../../../src/cli/flags.ts'
import { ArpcheckError } from '../../../src/errors.ts'

// From flags, environment and file to one configuration: values, origins, and what is refused in which words.

const FILE = '/etc/arpcheck/arpcheck.yaml'

interface From {
  readonly argv?: readonly string[]
  readonly env?: Record<string, string>
  readonly file?: string
}

function read({ argv = [], env = {}, file }: From): ReadConfig {
  return readDaemonConfig(argv, env, (path) => {
    if (file !== undefined && path === FILE) return file
    throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT' })
  })
}

function refusal(from: From): ArpcheckError {
  try {
    read(from)
  } catch (error) {
    assert.ok(error instanceof ArpcheckError && error.exitCode === 2, String(error))
    return error
  }
  return assert.fail('was accepted')
}

test('without anything every default holds', () =>
  assert.deepEqual(read({}).config, {
    interfaces: [],
    intervalMs: 30_000,
    confirmIntervalMs: 5000,
    vantages: 2,
    budgetPerSecond: 10,
    passive: false,
    mustBeFree: [],
    namespaces: [],
    kubeconfig: null,
    context: null,
    metallbNamespace: null,
    namespace: null,
    node: null,
    memberlist: 'auto',
    memberlistKeyFile: null,
    speakerMetrics: false,
    listen: { host: null, port: 10806 },
    healthListen: { host: '127.0.0.1', port: 10807 },
    webConfigFile: null,
    metricsMaxVips: 500,
    logLevel: 'info',
    logFormat: 'json',
  }))

suite('one key of the file', () => {
  for (const [line, key, value] of [
    ['interfaces: [eno1, eno2]', 'interfaces', ['eno1', 'eno2']],
    ['interfaces: eno1', 'interfaces', ['eno1']],
    ['interfaces: []', 'interfaces', []],
    ['interval: 90s', 'intervalMs', 90_000],
    ['interval: "90s"', 'intervalMs', 90_000],
    ['confirmInterval: 1.5s', 'confirmIntervalMs', 1500],
    ['vantages: 3', 'vantages', 3],
    ['vantages: all', 'vantages', 'all'],
    ['budget: 8', 'budgetPerSecond', 8],
    ['passive: true', 'passive', true],
    ['passive: no', 'passive', false],
    ['namespaces:\n  - media\n  - ingress', 'namespaces', ['media', 'ingress']],
    ['metallbNamespace: metallb', 'metallbNamespace', 'metallb'],
    ['node: 1.10', 'node', '1.10'],
    ['memberlist: require', 'memberlist', 'require'],
    ['speakerMetrics: true', 'speakerMetrics', true],
    ['listen: :9999', 'listen', { host: null, port: 9999 }],
    ['listen: 192.168.1.13:9999', 'listen', { host: '192.168.1.13', port: 9999 }],
    ['listen: "[2001:DB8::1]:9999"', 'listen', { host: '2001:db8::1', port: 9999 }],
    ['healthListen: "[::1]:9"', 'healthListen', { host: '::1', port: 9 }],
    ['webConfigFile: /etc/web.yml', 'webConfigFile', '/etc/web.yml'],
    ['metricsMaxVips: 20', 'metricsMaxVips', 20],
    ['logLevel: debug', 'logLevel', 'debug'],
    ['logFormat: logfmt', 'logFormat', 'logfmt'],
  ] as const) {
    test(`${JSON.stringify(line)} → ${JSON.stringify(value)}`, () =>
      assert.deepEqual(read({ file: line }).config[key], value))
  }
})

suite('a mistake in the file is told with its line', () => {
  for (const [file, message] of [
    ['intervall: 30s', '1: There is no key "intervall". Did you mean interval?'],
    [
      '\n\ninterfaces: [eno1]\nconfirm-interval: 5s',
      '4: There is no key "confirm-interval". Did you mean confirmInterval?',
    ],
    ['__proto__: 1', /^1: There is no key "__proto__"/],
    ['interval: 5', '1: interval takes a time from 1s to 60m, like 250ms or 1.5s, not "5".'],
    ['interval: 100ms', '1: interval takes a time from 1s to 60m, like 250ms or 1.5s, not "100ms".'],
    ['interval:', '1: interval takes a time from 1s to 60m, like 250ms or 1.5s, it has no value.'],
    ['interval: [5s]', '1: interval takes one value, not a list.'],
    ['interval:\n  of: 5s', '1: interval holds no keys of its own.'],
    ['vantages: 0', '1: vantages takes a whole number from 1 to 100, not "0".'],
    ['vantages: some', '1: vantages takes a whole number from 1 to 100, or all, not "some".'],
    ['budget: 1e1', '1: budget takes a whole number from 1 to 100, not "1e1".'],
    ['passive: maybe', '1: passive takes 1 or 0, not "maybe".'],
    ['memberlist: of', '1: memberlist takes auto, off or require, not "of". Did you mean off?'],
    [
      'mustBeFree: [192.168.1.70, fd00::1]',
      '1: mustBeFree takes an IPv4 address, like 192.168.1.70, not "fd00::1".',
    ],
    [
      `mustBeFree: [${Array.from({ length: 17 }, (_, i) => `10.0.0.${i}`).join()}]`,
      '1: mustBeFree takes at most 16 addresses, not "17".',
    ],
    ['listen: 10806', /^1: listen takes an address and a port, like :10806 or/],
    ['listen: example.org:1', /^1: listen takes an address and a port/],
    ['listen: :70000', /^1: listen takes an address and a port/],
    ['healthListen: :10807', /^1: healthListen takes a loopback address and a port/],
    ['healthListen: 192.168.1.13:1', /^1: healthListen takes a loopback address and a port/],
    ['interval: 5s\ninterval: 6s', /^2: "interval" is there twice, first in line 1\./],
    ['interval: &a 5s', /^1: Anchors and aliases are not taken/],
    ['interval: !!binary aGk=', /^1: /],
    ['a: 1\n---\nb: 2', /^\d: .*multiple documents/i],
    ['- interval', /^1: This is no list of/],
    ['interval: "5s', /^1: Missing closing "quote/],
    ['\tinterval: 5s', /^1: /],
    ['['.repeat(100_000), /^1: /],
    [Array.from({ length: 20_000 }, (_, i) => `k${i}:`).join('\n'), /^1001: These are more than 1000 keys/],
    [`# ${'x'.repeat(300_000)}`, /^1: The file is larger than 262144 bytes/],
  ] as const) {
    test(`${JSON.stringify(file.slice(0, 50))} → ${String(message)}`, () => {
      const { message: said } = refusal({ file })
      assert.ok(said.startsWith(`${FILE}:`), said)
      const rest = said.slice(FILE.length + 1)
      if (typeof message === 'string') assert.equal(rest, message)
      else assert.match(rest, message)
    })
  }

  test('all mistakes are told at once, ten of them at most', () => {
    const { message, remedy } = refusal({ file: 'a: 1\nb: 2\ninterval: x' })
    assert.match(message, /:1: There is no key "a"/)
    assert.deepEqual(
      remedy.map((line) => line.split(': ')[0]),
      [`${FILE}:2`, `${FILE}:3`, 'docs/configuration.md has every key.'],
    )
    const many = Array.from({ length: 50 }, (_, i) => `bogus${i}: 1`).join('\n')
    const told = refusal({ file: many }).remedy
    assert.deepEqual([told.length, told.at(-2)], [11, '… and 40 more'])
  })
})

suite('flag, environment, file, default', () => {
  const file = 'interval: 40s\nbudget: 7\nvantages: 3\nnamespaces: [media]'
  const env = { ARPCHECK_INTERVAL: '50s', ARPCHECK_BUDGET: '8', ARPCHECK_NAMESPACES: 'a,b' }

  test('each wins over the next, and each value has its origin', () => {
    const { config, origins } = read({ argv: ['--interval', '60s'], env, file })
    assert.deepEqual(
      [
        config.intervalMs,
        config.budgetPerSecond,
        config.vantages,
        config.confirmIntervalMs,
        config.namespaces,
      ],
      [60_000, 8, 3, 5000, ['a', 'b']],
    )
    assert.deepEqual(
      ['interval', 'budget', 'vantages', 'confirmInterval', 'namespaces'].map((key) => origins.get(key)),
      [
        { from: 'flag', where: '--interval', texts: ['60s'] },
        { from: 'environment', where: 'ARPCHECK_BUDGET', texts: ['8'] },
        { from: 'file', where: `${FILE}:3`, texts: ['3'] },
        { from: 'default', where: null, texts: ['5s'] },
        { from: 'environment', where: 'ARPCHECK_NAMESPACES', texts: ['a', 'b'] },
      ],
    )
  })

  test('an empty variable counts as not set', () =>
    assert.equal(read({ env: { ARPCHECK_INTERVAL: '' }, file }).config.intervalMs, 40_000))

  test('node and namespace come from what manifests set, too; ours wins', () => {
    const pod = { NODE_NAME: 'nuc-3', POD_NAMESPACE: 'arpcheck' }
    const { config, origins } = read({ env: { ...pod, ARPCHECK_NODE: 'nuc-4' } })
    assert.deepEqual([config.node, config.namespace], ['nuc-4', 'arpcheck'])
    assert.equal(origins.get('namespace')!.where, 'POD_NAMESPACE')
    assert.equal(read({ env: pod }).config.node, 'nuc-3')
  })

  test('a file that is named must be there; the usual one need not', () => {
    assert.equal(read({}).file, null)
    const { message } = refusal({ argv: ['--config', '/no/such.yaml'] })
    assert.equal(message, 'Cannot read /no/such.yaml: no such file or directory.')
    assert.equal(read({ env: { ARPCHECK_CONFIG: FILE }, file }).file, FILE)
  })

  test('the configuration cannot be changed afterwards', () =>
    assert.ok(Object.isFrozen(read({ file }).config)))
})

for (const [from, message, remedy] of [
  [{ argv: ['--bogus'] }, 'There is no flag "--bogus".', ['arpcheck daemon --help lists them all.']],
  [{ argv: ['--count', '3'] }, 'There is no flag "--count".', ['arpcheck daemon --help lists them all.']],
  [{ argv: ['192.168.1.60'] }, 'arpcheck daemon takes no words, but "192.168.1.60" is one.', []],
  [
    { env: { ARPCHECK_VANTAGES: 'x' } },
    'ARPCHECK_VANTAGES takes a whole number from 1 to 100, or all, not "x".',
    [],
  ],
  [
    { file: 'interval: 10s', argv: ['--confirm-interval', '20s'] },
    'Between two broadcasts there is no time for a confirmation.',
    [`interval: 10s (${FILE}:1)`, 'confirmInterval: 20s (--confirm-interval)'],
  ],
  [
    { file: 'listen: 127.0.0.1:10807' },
    'Both listeners have the same port.',
    [`listen: 127.0.0.1:10807 (${FILE}:1)`, 'healthListen: 127.0.0.1:10807 (default)'],
  ],
  [
    { file: 'memberlist: off\nmemberlistKeyFile: /key' },
    'A memberlist that is not read needs no key.',
    [`memberlist: off (${FILE}:1)`, `memberlistKeyFile: /key (${FILE}:2)`],
  ],
] as const) {
  test(`${JSON.stringify(from)} → ${message}`, () => {
    const error = refusal(from)
    assert.deepEqual([error.message, [...error.remedy]], [message, [...remedy]])
  })
}

suite('arpcheck config', () => {
  const text = configText(
    read({
      argv: ['-i', 'eno1', '--listen', '[::1]:9'],
      env: { ARPCHECK_NODE: 'a #b\u001b"c' },
      file: 'passive: yes',
    }),
  )

  test('prints what reads back as the same configuration', () => {
    assert.deepEqual(readConfigFile(text).mistakes, [])
    const again = read({ file: text }).config
    const once = read({
      argv: ['-i', 'eno1', '--listen', '[::1]:9'],
      env: { ARPCHECK_NODE: 'a #b\u001b"c' },
      file: 'passive: yes',
    }).config
    assert.deepEqual(again, once)
  })

  test('says of each value where it comes from, and nothing that a terminal acts upon', () => {
    assert.match(text, /^interfaces: \[eno1\] +# --iface$/m)
    assert.match(text, new RegExp(`^passive: yes +# ${FILE}:1$`, 'm'))
    assert.match(text, /^interval: 30s +# default$/m)
    assert.match(text, /^# kubeconfig:$/m)
    assert.ok(!text.includes('\u001b'))
  })
})

suite('one table', () => {
  test('the help, docs/configuration.md and the schema have every key', () => {
    const help = daemonHelp()
    for (const name of DAEMON_FLAG_NAMES) assert.ok(help.includes(` --${name}`), name)
    assert.deepEqual(
      help.split('\n').filter((line) => line.length > 80),
      [],
    )
  })

  test('docs/configuration.md holds the table', () => {
    const page = readFileSync('docs/configuration.md', 'utf8')
    const right = page.replace(
      /(?<=<!-- settings: .* -->\n)[^]*(?=<!-- \/settings -->)/,
      () => `\n${configTable()}\n\n`,
    )
    if (process.env['ARPCHECK_UPDATE_GOLDEN'] === '1') writeFileSync('docs/configuration.md', right)
    else assert.equal(page, right, 'ARPCHECK_UPDATE_GOLDEN=1 node .ci/test.mjs daemon/config writes it anew')
  })

  test('src/cli/daemon/config.schema.json is the schema', () => {
    const path = 'src/cli/daemon/config.schema.json'
    if (process.env['ARPCHECK_UPDATE_GOLDEN'] === '1')
      writeFileSync(path, `${JSON.stringify(configSchema(), null, 2)}\n`)
    else
      assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), configSchema(), 'ARPCHECK_UPDATE_GOLDEN=1 …')
  })

  test('the schema takes what we take, and refuses unknown keys and other types', () => {
    const valid = new Ajv2020({ allowUnionTypes: true }).compile(configSchema())
    const good = 'interfaces: [eno1]\ninterval: 30s\nvantages: all\nbudget: 3\npassive: true\nlisten: ":1"'
    assert.equal(valid(parse(good)), true, JSON.stringify(valid.errors))
    for (const bad of [
      'bogus: 1',
      'interval: 30',
      'vantages: 0',
      'passive: x',
      'memberlist: on',
      'interfaces: [[a]]',
    ])
      assert.equal(valid(parse(bad)), false, bad)
  })

  test('docs/configuration.md shows a file that is good', () => {
    const [, example = ''] = /```yaml\n([^]*?)```/.exec(readFileSync('docs/configuration.md', 'utf8')) ?? []
    assert.ok(example.length > 50)
    assert.deepEqual(readConfigFile(example).mistakes, [])
  })

  test('no key, flag or help line twice; no variable that Kubernetes sets for a Service', () => {
    assert.equal(new Set(FILE_KEYS.map(({ key }) => key)).size, FILE_KEYS.length)
    const names = DAEMON_FLAG_NAMES.map((name) => variableOf(name, daemonFlag(name)) ?? '')
    assert.deepEqual(
      names.filter((name) => /_(PORT|SERVICE_.*|PORT_.*)$/.test(name)),
      [],
    )
  })
})

test('no text makes the reader throw anything but mistakes', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(
      ...FILE_KEYS.map(({ key }) => key),
      ': ',
      '\n',
      '- ',
      '&a ',
      '*a',
      '!t ',
      '[',
      '{',
      '"',
      '|\n ',
      '---\n',
    ),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), (words) => {
      const { settings, mistakes } = readConfigFile(words.join(''))
      for (const { line, message } of mistakes) assert.ok(line >= 1 && message.length > 0)
      return settings.size >= 0
    }),
    { numRuns: 500 },
  )
})
