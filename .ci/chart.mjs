// Renders deploy/chart by Helm itself and holds it against what is derived from it: `node .ci/chart.mjs [--write]`.
// --write writes deploy/arpcheck.yaml and deploy/alerts.yaml anew; without it they must be what the chart says.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Ajv } from 'ajv'
import { parse, parseAllDocuments } from 'yaml'
import { root } from './build.mjs'
import { helm } from './helm.mjs'

const CHART = join(root, 'deploy/chart')
/** Helm guesses an old one where it asks no cluster. */
const KUBERNETES = ['--kube-version', '1.34.0']
/** Values of several kinds, each a file, as Helm's own chart-testing wants them. */
const CASES = readdirSync(join(CHART, 'ci')).map((name) => ['--values', join(CHART, 'ci', name)])
/** What Helm would write on its own objects, and kubectl would not. */
const HELMS_OWN = /^ +(?:app\.kubernetes\.io\/managed-by|helm\.sh\/chart): .*\n/gm
const HEADER = 'Made of deploy/chart by `node .ci/chart.mjs --write`; do not edit.'
const DERIVED = { 'deploy/arpcheck.yaml': manifest, 'deploy/alerts.yaml': alerts }

const reason = helm.isBuilt() ? null : helm.build()
if (reason === null) run(process.argv.includes('--write'))
else stop(3, `No helm: ${reason}.`)

function run(write) {
  checkValues()
  for (const flags of CASES) {
    helmSays('lint', CHART, '--strict', ...KUBERNETES, ...flags)
    const count = checkObjects(render(...flags))
    process.stdout.write(`${basename(flags[1])}: ${count} objects\n`)
  }
  for (const [path, make] of Object.entries(DERIVED)) derive(path, make(), write)
}

/** Helm checks values by its own reader of schemas; ajv is a second opinion, and strict about the schema too. */
function checkValues() {
  const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8'))
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema)
  if (!validate(parse(readFileSync(join(CHART, 'values.yaml'), 'utf8'))))
    stop(1, `values.yaml: ${JSON.stringify(validate.errors)}`)
  const { status } = spawnSync(helm.binary, ['template', CHART, ...KUBERNETES, '--set', 'nonsense=1'])
  if (status === 0) stop(1, 'helm accepts a value that nobody knows')
}

/** Every document is one object, read strictly: a key that is there twice is a mistake. */
function checkObjects(text) {
  const documents = parseAllDocuments(text, { strict: true, uniqueKeys: true })
  for (const document of documents) {
    const { apiVersion, kind, metadata } = document.toJS() ?? {}
    if (document.errors.length > 0 || !apiVersion || !kind || !metadata?.name)
      stop(1, `no object: ${document.errors.join(' ')}\n${String(document.contents)}`)
  }
  return documents.length
}

/** One file for `kubectl apply`, namespace included. */
function manifest() {
  const text = render('--skip-tests', '--set', 'namespace.create=true').replaceAll(HELMS_OWN, '')
  return `# Installs arpcheck: kubectl apply -f deploy/arpcheck.yaml. ${HEADER}\n${text}`
}

/** The same rules for a Prometheus without the Operator. */
function alerts() {
  const rule = render('--set', 'prometheusRule.enabled=true', '--show-only', 'templates/prometheusrule.yaml')
  const [, groups] = rule.split(/^spec:\s*$/m)
  return `# Recording rules and alerts for Prometheus. ${HEADER}\n${groups.trim().replaceAll(/^ {2}/gm, '')}\n`
}

function render(...flags) {
  return helmSays('template', 'arpcheck', CHART, '--namespace', 'arpcheck', ...KUBERNETES, ...flags)
}

function helmSays(...args) {
  try {
    return execFileSync(helm.binary, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    return stop(1, `helm ${args.join(' ')}:\n${error.stdout}${error.stderr}`)
  }
}

function derive(path, text, write) {
  const file = join(root, path)
  if (write) writeFileSync(file, text)
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text)
    stop(1, `${path} is not what the chart says: node .ci/chart.mjs --write`)
}

function stop(code, text) {
  process.stderr.write(`${text}\n`)
  process.exit(code)
}
