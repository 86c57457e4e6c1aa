// Writes build/sbom.cdx.json, CycloneDX of the lock file: `required` is in what we ship, `optional` is installed where it
// can be built, `excluded` builds and tests it. Then says what `npm audit` knows of it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './root.mjs'

const BUNDLED = join(root, 'build/bundled.json')
const SBOM = join(root, 'build/sbom.cdx.json')
/** Shipped as data, not as code. */
const AS_DATA = ['oui-data']

/** Needs what the build left in build/bundled.json. */
export function sbom() {
  const { stdout, status, stderr } = npm('sbom', '--sbom-format', 'cyclonedx', '--package-lock-only')
  if (status !== 0) throw new Error(`npm sbom: ${stderr}`)
  const bom = JSON.parse(stdout)
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const bundled = JSON.parse(readFileSync(BUNDLED, 'utf8'))
  const shipped = new Set(bundled.map(({ name, version }) => `${name}@${version}`))
  const optional = Object.keys(manifest.optionalDependencies)
  for (const component of bom.components) {
    const { name, version, group } = component
    const full = group ? `${group}/${name}` : name
    const isShipped = shipped.has(`${full}@${version}`) || AS_DATA.includes(full)
    component.scope = isShipped ? 'required' : optional.includes(full) ? 'optional' : 'excluded'
  }
  Object.assign(bom.metadata.component, { name: manifest.name, type: 'application' })
  bom.components.push(LIBPCAP)
  mkdirSync(join(root, 'build'), { recursive: true })
  writeFileSync(SBOM, `${JSON.stringify(bom, null, 2)}\n`)
  return bom
}

/** Linked by the addon: the machine's own, or within the file in releases. */
const LIBPCAP = {
  'bom-ref': 'libpcap',
  type: 'library',
  name: 'libpcap',
  scope: 'required',
  licenses: [{ license: { id: 'BSD-3-Clause' } }],
  purl: 'pkg:generic/libpcap',
}

/** What is known against what we ship; null where the registry does not answer, with its words. */
export function audit(shipped) {
  const { stdout } = npm(
    'audit',
    '--json',
    '--package-lock-only',
    '--fetch-retries=0',
    '--fetch-timeout=20000',
  )
  const answer = parsed(stdout)
  if (answer?.auditReportVersion === undefined) return { known: null, why: answer?.message ?? 'no answer' }
  const known = Object.values(answer.vulnerabilities).filter(({ name }) => shipped.has(name))
  return { known: known.map(({ name, severity }) => `${name}: ${severity}`), why: null }
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function npm(...args) {
  return spawnSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 60_000 })
}

/** Writes and audits; returns what is wrong with what we ship. */
export function sbomAndAudit(say) {
  const { components } = sbom()
  const count = (scope) => components.filter((one) => one.scope === scope).length
  say(
    `build/sbom.cdx.json: ${count('required')} shipped, ${count('optional')} optional, ${count('excluded')} to build and test`,
  )
  const names = components
    .filter(({ scope }) => scope !== 'excluded')
    .map(({ name, group }) => (group ? `${group}/${name}` : name))
  const { known, why } = audit(new Set(names))
  say(
    known === null
      ? `npm audit: not checked (${why})`
      : `npm audit: ${known.length} known against what is shipped`,
  )
  return known ?? []
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { build } = await import('./build.mjs')
  await build((words) => process.stderr.write(`build: ${words}\n`))
  const known = sbomAndAudit((line) => process.stdout.write(`${line}\n`))
  for (const line of known) process.stdout.write(`${line}\n`)
  if (known.length > 0) process.exitCode = 1
}
