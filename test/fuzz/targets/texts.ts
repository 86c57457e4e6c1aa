import type { IncomingMessage } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../src/clock.ts'
import { readMemberlistConfig } from '../../../src/core/memberlist-config.ts'
import { readConfigFile } from '../../../src/cli/daemon/file.ts'
import { VipCache } from '../../../src/cli/cache.ts'
import { ArpcheckError } from '../../../src/errors.ts'
import { readKubeconfig } from '../../../src/kubernetes/kubeconfig.ts'
import { dispatch } from '../../../src/metrics/dispatch.ts'
import { wantsOpenMetrics } from '../../../src/metrics/openmetrics.ts'
import { probeRoute } from '../../../src/metrics/probe.ts'
import { plain, type Route, type Routes } from '../../../src/metrics/route.ts'
import { readWebConfig } from '../../../src/metrics/web/read.ts'
import { readMetrics } from '../../../src/speakers/metrics.ts'
import { tellMistakes, type Mistake } from '../../../src/strict-yaml.ts'
import type { WatchState } from '../../../src/core/watch/state.ts'
import { ip } from '../../helpers/segment.ts'
import { promise, type Target } from '../target.ts'

const YAML_TOKENS = [
  '- ',
  ': ',
  '? ',
  '&a ',
  '*a',
  '<<: ',
  '!!js/function ',
  '[',
  ']',
  '{',
  '}',
  '|',
  '>',
  '"',
  "'",
]
const MORE_TOKENS = [
  '---\n',
  '...\n',
  '%YAML 1.2\n',
  '#',
  '\n  ',
  '\t',
  '__proto__: ',
  'constructor: ',
  '\\x00',
  '\ufeff',
]

const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
const bytesOf = (...texts: readonly string[]) => texts.map((text) => Buffer.from(text))

/** What is wrong, without what was typed: numbers and quoted words. */
function kindOf(mistakes: readonly Mistake[]): string {
  promise(
    mistakes.every(({ line }) => Number.isInteger(line) && line >= 1),
    'a mistake without a line',
  )
  promise(tellMistakes('f', mistakes).length <= 11, 'more than ten mistakes told')
  return mistakes
    .slice(0, 2)
    .map(({ message }) => message.replaceAll(/"[^"]*"|\d+/g, '').slice(0, 60))
    .join()
}

export const arpcheckYaml: Target = {
  name: 'arpcheck-yaml',
  seeds: () => bytesOf('iface: [eno1]\nvip: 192.168.1.60\n', 'interval: 10s\nlog-level: debug\n'),
  tokens: [
    ...YAML_TOKENS,
    ...MORE_TOKENS,
    'interval: ',
    'interfaces: ',
    'listen: ',
    'vips: ',
    '10s',
    '192.168.1.0/24',
  ],
  run(bytes) {
    const { settings, mistakes } = readConfigFile(utf8(bytes))
    return [Math.min(settings.size, 3), kindOf(mistakes)].join()
  },
}

export const webConfig: Target = {
  name: 'web-config',
  seeds: () =>
    bytesOf(
      'tls_server_config:\n  cert_file: a.crt\n  key_file: a.key\nbasic_auth_users:\n  a: $2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234\n',
      'http_server_config:\n  headers:\n    X-Frame-Options: deny\n',
    ),
  tokens: [
    ...YAML_TOKENS,
    ...MORE_TOKENS,
    'tls_server_config:',
    'basic_auth_users:',
    'client_ca: ',
    'TLS13',
    '$2y$14$',
  ],
  run(bytes) {
    const read = readWebConfig(utf8(bytes))
    if ('mistakes' in read) return kindOf(read.mistakes)
    promise(
      Object.values(read.headers).every((value) => !/[\r\n\0]/.test(value)),
      'a header that splits',
    )
    return [read.tls !== null, Object.keys(read.headers).length, Math.min(read.users.size, 2)].join()
  },
}

export const speakerMetrics: Target = {
  name: 'speaker-metrics',
  seeds: () =>
    bytesOf(
      'metallb_speaker_announced{ip="192.168.1.60",node="n",protocol="layer2",service="a/b"} 1\n' +
        'metallb_layer2_requests_received{ip="192.168.1.60"} 12\n' +
        'metallb_k8s_client_config_loaded_bool 1\n',
    ),
  tokens: [
    '{',
    '}',
    '"',
    '\\',
    ',',
    '=',
    ' ',
    '\n',
    '\r',
    'ip="',
    'metallb_',
    'NaN',
    '+Inf',
    '# HELP ',
    '\\"',
    '\u2028',
  ],
  run(bytes) {
    const read = readMetrics(utf8(bytes), 'n')
    if ('malformed' in read) return read.malformed.replaceAll(/\d+|node .*|\S+ twice/g, '')
    return [read.announced.length > 0, read.counters.size > 0, read.configLoaded, read.configStale].join()
  },
}

const folder = mkdtempSync(join(tmpdir(), 'arpcheck-fuzz-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** Files beside the two above: a kubeconfig, the list of the last run, memberlist's ConfigMap; the first byte chooses. */
export const files: Target = {
  name: 'files',
  seeds: () =>
    bytesOf(
      '0apiVersion: v1\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n' +
        'clusters: [{name: c, cluster: {server: "https://x:6443"}}]\nusers: [{name: u, user: {token: t}}]\n',
      '1{"version":1,"origin":"o","savedAtMs":1,"vips":[{"vip":"192.168.1.60","services":["a/b"],"pool":null}],"nodes":["n"]}',
      '2{"TCPTimeout":"10s","PushPullInterval":"30s","ProbeTimeout":"1s","ProbeInterval":"1s","GossipInterval":"1s","GossipToTheDeadTime":"30s","QueueCheckInterval":"30s"}',
    ),
  tokens: [
    ...YAML_TOKENS,
    ...MORE_TOKENS,
    '"vips":',
    '"nodes":',
    '"origin":null',
    'exec: {command: /bin/a}',
    '1h1m',
    '.5ns',
  ],
  async run(bytes) {
    const [way = 0, rest] = [bytes[0], bytes.subarray(1)]
    if (way % 3 === 2) return Object.keys(readMemberlistConfig(utf8(rest))).join()
    writeFileSync(join(folder, 'file'), rest)
    if (way % 3 === 0) return kubeconfigKind(join(folder, 'file'))
    const list = await new VipCache(folder, 'o', 'file').load()
    return list === null ? 'null' : [list.vips.length > 0, list.nodes !== undefined].join()
  },
}

function kubeconfigKind(kubeconfig: string): string {
  try {
    const { cluster, user } = readKubeconfig({ kubeconfig, env: {} })
    return [...Object.keys(cluster), ...Object.keys(user)].slice(0, 3).join()
  } catch (error) {
    if (!(error instanceof ArpcheckError)) throw error
    return error.code + error.message.replaceAll(/"[^"]*"|\/\S+|\d+/g, '').slice(0, 50)
  }
}

const STATE = { vips: new Map([[ip('192.168.1.60'), {}]]) } as unknown as WatchState
const probe = async () => ({ success: true, answerers: 1, log: ['a'] })
const ROUTES: Routes = new Map<string, Route>([
  ['/', { method: 'GET', answer: ({ headers }) => plain(200, String(wantsOpenMetrics(headers.accept))) }],
  ['/probe', probeRoute(probe, () => STATE, systemClock)],
])

/** A request for one of our own ports as Node hands it over: a line each for method, target and the Accept header. */
export const http: Target = {
  name: 'http',
  seeds: () =>
    bytesOf(
      'GET\n/probe?target=192.168.1.60&module=arp&debug=true\n*/*',
      'GET\n/\napplication/openmetrics-text;q=0.5',
    ),
  tokens: [
    '/probe?target=',
    '%00',
    '%',
    '//',
    '\\',
    '@',
    '#',
    '?',
    '&module=',
    'http://a/',
    '[',
    ':99999',
    ';q=',
    ',',
    '\n',
    '10',
  ],
  async run(bytes) {
    const [method = '', url = '', accept, timeout = '1'] = Buffer.from(bytes).toString('latin1').split('\n')
    const headers = { accept, 'x-prometheus-scrape-timeout-seconds': timeout }
    const request = { method, url, headers } as unknown as IncomingMessage
    const { status, body } = await dispatch(request, ROUTES, undefined, new AbortController().signal)
    promise(!/[^\n -~…\u00a1-\uffff]/.test(body), 'a body that a terminal would act upon')
    return [status, body.slice(0, 12)].join()
  },
}
