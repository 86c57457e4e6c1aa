// Writes the Grafana dashboard, deploy/chart/files/dashboard.json, of the table below: `node .ci/dashboard.mjs [--check]`.
// Each query and name is checked by test/deploy/dashboard.test.ts. No data source is named: it is the first variable.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FILE = fileURLToPath(new URL('../deploy/chart/files/dashboard.json', import.meta.url))
const VIP = 'vip=~"$vip", vantage=~"$vantage"'
const HERE = 'vantage=~"$vantage"'
const FAULTS = 'silent|mismatch|duplicate|foreign|unexpected'
const SOURCE = { type: 'prometheus', uid: '${datasource}' }

const fault = `max by (vip) (arpcheck_vip_verdict{${VIP}, verdict=~"${FAULTS}"}) == 1`
const owners = `arpcheck_vip_observed_owner_info{${VIP}}`

/** Who answers, by name; a stranger, several and nobody have names of their own. The first that holds for a VIP is taken. */
const ANSWERING = `
label_replace(max by (vip) (arpcheck_vip_verdict{${VIP}, verdict="foreign"}) == 1, "node", "a stranger", "", "")
or on (vip) label_replace(count by (vip) (count by (vip, node) (${owners})) > 1, "node", "two or more", "", "")
or on (vip) max by (vip, node) (${owners})
or on (vip) label_replace(max by (vip) (arpcheck_vip_verdict{${VIP}, verdict="silent"}) == 1, "node", "nobody", "", "")`.trim()

/** One-hot verdicts as one number for each VIP and vantage. */
const JUDGED = `
max by (vip, vantage) (
  arpcheck_vip_verdict{${VIP}, verdict=~"ok|idle|self"}
  or arpcheck_vip_verdict{${VIP}, verdict="settling"} * 2
  or arpcheck_vip_verdict{${VIP}, verdict="unknown"} * 3
  or arpcheck_vip_verdict{${VIP}, verdict=~"${FAULTS}"} * 4
)`.trim()

const ROWS = [
  {
    height: 4,
    panels: [
      stat(
        'VIPs fine',
        `count((max by (vip) (arpcheck_vip_verdict{${VIP}, verdict="ok"}) == 1) unless on (vip) (${fault})) or vector(0)`,
        { colour: 'green' },
      ),
      stat('VIPs with a problem', `count(${fault}) or vector(0)`, { redFrom: 1 }),
      stat(
        'VIPs not judged',
        `count(min by (vip) (arpcheck_vip_verdict{${VIP}, verdict="unknown"} unless on (instance, vip) (arpcheck_vip_testable == 0)) == 1) or vector(0)`,
        { redFrom: 1, red: 'orange' },
      ),
      stat(
        'Frames, of what is allowed',
        `max(sum by (instance, interface) (rate(arpcheck_frames_total{${HERE}}[$__rate_interval])) / on (instance, interface) max by (instance, interface) (arpcheck_rate_limit_frames_per_second{${HERE}}))`,
        { redFrom: 0.9, unit: 'percentunit' },
      ),
    ],
  },
  {
    height: 9,
    panels: [
      {
        title: 'Who answers',
        type: 'state-timeline',
        description:
          'One row for each VIP. Red: nobody. A fail-over is a change of colour, the incident is a red bar.',
        targets: [query(ANSWERING)],
        transformations: [
          step('labelsToFields', { mode: 'columns' }),
          step('merge', {}),
          step('organize', { excludeByName: { Value: true } }),
          step('sortBy', { fields: {}, sort: [{ field: 'Time' }] }),
          step('partitionByValues', { fields: ['vip'], keepFields: false, naming: { asLabels: false } }),
        ],
        options: { mergeValues: true, showValue: 'auto', rowHeight: 0.8, legend: { showLegend: false } },
        defaults: {
          color: { mode: 'palette-classic' },
          mappings: [
            valueMap({
              nobody: ['nobody', 'red'],
              'a stranger': ['a stranger', 'dark-red'],
              'two or more': ['two or more', 'purple'],
            }),
          ],
        },
      },
    ],
  },
  {
    height: 9,
    panels: [
      {
        title: 'VIP by vantage',
        type: 'status-history',
        description:
          'A red row is a VIP, a red column a moment. One red vantage beside green ones is a path (ARP105).',
        targets: [query(JUDGED, '{{vip}} from {{vantage}}')],
        options: { showValue: 'never', rowHeight: 0.9, legend: { showLegend: true } },
        defaults: {
          mappings: [
            valueMap({
              1: ['as expected', 'green'],
              2: ['settling', 'yellow'],
              3: ['not judged', 'text'],
              4: ['fault', 'red'],
            }),
          ],
        },
      },
    ],
  },
  { height: 10, panels: [truths()] },
  {
    height: 8,
    panels: [
      {
        title: 'VIPs per answering node',
        type: 'bargauge',
        targets: [
          query(`count by (node) (max by (vip, node) (${owners.replace('}', ', node!=""}')}))`, '{{node}}', {
            instant: true,
          }),
        ],
        options: { displayMode: 'basic', orientation: 'horizontal' },
      },
      {
        title: 'Fail-overs: how long nobody answered',
        type: 'heatmap',
        description: 'Not finer than the probe interval. memberlist alone takes 3 to 10 s.',
        targets: [
          query(
            `sum by (le) (increase(arpcheck_failover_outage_seconds_bucket{${HERE}}[$__rate_interval]))`,
            '{{le}}',
            { format: 'heatmap' },
          ),
        ],
        options: { calculate: false, yAxis: { unit: 's' }, color: { scheme: 'Oranges' } },
      },
      stat(
        'Longest in 30 days, at most',
        `histogram_quantile(1, sum by (le) (increase(arpcheck_failover_outage_seconds_bucket{${HERE}}[30d])))`,
        { unit: 's', redFrom: 10 },
      ),
    ],
  },
  {
    height: 8,
    panels: [
      lines(
        'ARP round-trip time',
        's',
        [0.5, 0.99].map((q) =>
          query(
            `histogram_quantile(${q}, sum by (le, interface) (rate(arpcheck_probe_rtt_seconds_bucket{${HERE}}[$__rate_interval])))`,
            `p${q * 100} {{interface}}`,
          ),
        ),
      ),
      lines('Frames lost or set aside', 'pps', [
        query(
          `sum by (vantage, interface, reason) (rate(arpcheck_frames_dropped_total{${HERE}}[$__rate_interval]))`,
          '{{vantage}} {{interface}} {{reason}}',
        ),
      ]),
    ],
  },
  {
    height: 8,
    panels: [
      lines('Members, as each source counts them', 'short', [
        query(`max by (view) (arpcheck_members{${HERE}})`, '{{view}}'),
        query(`max(arpcheck_membership_disagreement{${HERE}})`, 'views elect different owners'),
      ]),
      lines('Gratuitous ARP', 'short', [
        query(
          `max by (vip, relation) (increase(arpcheck_gratuitous_total{${VIP}}[$__rate_interval]))`,
          '{{vip}} {{relation}}',
        ),
      ]),
      lines('Seconds of silence', 's', [
        query(`max by (vip) (arpcheck_vip_silence_seconds{${VIP}})`, '{{vip}}'),
      ]),
    ],
  },
  {
    title: 'arpcheck itself',
    height: 8,
    panels: [
      lines('Age of what is known of the cluster', 's', [
        query(
          `time() - min by (source) (arpcheck_expectation_last_success_timestamp_seconds{${HERE}})`,
          '{{source}}',
        ),
      ]),
      lines('Failed reads', 'short', [
        query(
          `sum by (source, reason) (increase(arpcheck_expectation_errors_total{${HERE}}[$__rate_interval]))`,
          '{{source}} {{reason}}',
        ),
      ]),
      lines('Inputs that cannot be read', 'short', [
        query(`count by (source) (arpcheck_source_readable{${HERE}} == 0)`, '{{source}}'),
      ]),
      lines('Interval between sweeps', 's', [
        query(`max by (vip) (arpcheck_vip_probe_interval_seconds{${VIP}})`, '{{vip}}'),
      ]),
      lines('Vantages that hear', 'short', [
        query(
          `min by (vantage, interface, kind) (arpcheck_canary_up{${HERE}})`,
          '{{vantage}} {{interface}} {{kind}}',
        ),
      ]),
      lines('Event loop lag, p99', 's', [
        query(
          `histogram_quantile(0.99, sum by (le, vantage) (rate(arpcheck_event_loop_lag_seconds_bucket{${HERE}}[$__rate_interval])))`,
          '{{vantage}}',
        ),
      ]),
      lines('VIPs without series', 'short', [
        query(`max by (vantage) (arpcheck_metrics_vips_left_out{${HERE}})`, '{{vantage}}'),
      ]),
      lines('CPU', 'percentunit', [
        query(
          `sum by (vantage) (rate(process_cpu_seconds_total{${HERE}, job=~".*arpcheck.*"}[$__rate_interval]))`,
          '{{vantage}}',
        ),
      ]),
      lines('Memory', 'bytes', [
        query(
          `max by (vantage) (process_resident_memory_bytes{${HERE}, job=~".*arpcheck.*"})`,
          '{{vantage}}',
        ),
      ]),
    ],
  },
]

/** Four truths in one line for each VIP: where they differ, something is wrong. */
function truths() {
  const told = (source, name) =>
    `max by (vip, ${name}) (label_replace(arpcheck_vip_expected_owner_info{${VIP}, source="${source}"}, "${name}", "$1", "node", "(.*)"))`
  const columns = [
    `max by (vip, namespace, service, pool) (arpcheck_vip_info{${VIP}})`,
    ...['elected', 'recorded', 'claimed'].map((name) => told(name, name)),
    `max by (vip, answered) (label_replace(${owners}, "answered", "$1", "node", "(.*)"))`,
    `max by (vip) (arpcheck_vip_silence_seconds{${VIP}})`,
    `max by (vip) (increase(arpcheck_vip_owner_changes_total{${VIP}}[$__range]))`,
  ]
  const hidden = ['Time', ...columns.slice(0, 5).map((_, index) => `Value #${ref(index)}`)]
  return {
    title: 'Four truths',
    type: 'table',
    targets: columns.map((expr) => query(expr, '', { instant: true, format: 'table' })),
    transformations: [
      step('merge', {}),
      step('organize', {
        excludeByName: Object.fromEntries(hidden.map((name) => [name, true])),
        renameByName: { 'Value #F': 'silent for, s', 'Value #G': 'moves' },
      }),
    ],
    options: { cellHeight: 'sm', showHeader: true },
  }
}

function query(expr, legendFormat = '', more = {}) {
  return { datasource: SOURCE, expr, legendFormat, range: !more.instant, ...more }
}

function lines(title, unit, targets) {
  return { title, type: 'timeseries', targets, defaults: { unit, min: 0, custom: { fillOpacity: 0 } } }
}

function stat(title, expr, { unit = 'short', colour = 'green', redFrom = null, red = 'red' }) {
  const steps = [
    { color: colour, value: null },
    ...(redFrom === null ? [] : [{ color: red, value: redFrom }]),
  ]
  return {
    title,
    type: 'stat',
    targets: [query(expr, '', { instant: true })],
    options: { colorMode: 'background', graphMode: 'none', reduceOptions: { calcs: ['lastNotNull'] } },
    defaults: { unit, noValue: '-', thresholds: { mode: 'absolute', steps } },
  }
}

function valueMap(texts) {
  const entries = Object.entries(texts).map(([value, [text, color]], index) => [
    value,
    { text, color, index },
  ])
  return { type: 'value', options: Object.fromEntries(entries) }
}

function step(id, options) {
  return { id, options }
}

function ref(index) {
  return String.fromCodePoint(65 + index)
}

function panels() {
  const all = []
  let y = 0
  for (const { title, height, panels: row } of ROWS) {
    const perLine = Math.min(row.length, 4)
    const width = Math.floor(24 / perLine)
    const placed = row.map(({ defaults = {}, targets, ...panel }, index) => ({
      datasource: SOURCE,
      ...panel,
      targets: targets.map((target, at) => ({ refId: ref(at), ...target })),
      fieldConfig: { defaults, overrides: [] },
      gridPos: {
        x: (index % perLine) * width,
        y: y + (title ? 1 : 0) + Math.floor(index / perLine) * height,
        w: width,
        h: height,
      },
    }))
    if (title)
      all.push({ type: 'row', title, collapsed: true, gridPos: { x: 0, y, w: 24, h: 1 }, panels: placed })
    else all.push(...placed)
    y += title ? 1 : height
  }
  return numbered(all, { next: 1 })
}

function numbered(list, count) {
  return list.map((panel) => ({
    id: count.next++,
    ...panel,
    ...(panel.type === 'row' && { panels: numbered(panel.panels, count) }),
  }))
}

function variable(name, label, definition) {
  return {
    name,
    label,
    type: 'query',
    datasource: SOURCE,
    definition,
    query: { query: definition, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  }
}

const dashboard = {
  title: 'arpcheck: MetalLB layer-2 VIPs',
  uid: 'arpcheck',
  description: 'Is each VIP answered by the node that should answer? Runbooks: docs/runbooks.',
  tags: ['arpcheck', 'metallb'],
  editable: true,
  graphTooltip: 1,
  schemaVersion: 39,
  time: { from: 'now-6h', to: 'now' },
  refresh: '30s',
  templating: {
    list: [
      { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', current: {} },
      variable('namespace', 'Namespace', 'label_values(arpcheck_vip_info, namespace)'),
      variable('vip', 'VIP', 'label_values(arpcheck_vip_info{namespace=~"$namespace"}, vip)'),
      variable('vantage', 'Vantage', 'label_values(arpcheck_build_info, vantage)'),
    ],
  },
  annotations: {
    list: [
      {
        name: 'Owner changes',
        datasource: SOURCE,
        enable: true,
        iconColor: 'orange',
        expr: `max by (vip) (changes(arpcheck_vip_owner_changes_total{${VIP}}[1m])) > 0`,
        titleFormat: '{{vip}} has another owner',
        step: '60s',
      },
    ],
  },
  panels: panels(),
}

const text = `${JSON.stringify(dashboard, null, 2)}\n`
if (!process.argv.includes('--check')) writeFileSync(FILE, text)
else if (readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write(`deploy/chart/files/dashboard.json is not what .ci/dashboard.mjs makes: run it\n`)
  process.exitCode = 1
}
