// Writes the table of the chart's values into docs/deploy.md, of values.yaml and its comments: `node .ci/values.mjs [--check]`.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMap, parseDocument } from 'yaml'
import { root } from './build.mjs'

const DOCUMENT = join(root, 'docs/deploy.md')
const [BEGIN, END] = ['<!-- values: made by .ci/values.mjs -->\n', '<!-- end of values -->']

const { contents } = parseDocument(readFileSync(join(root, 'deploy/chart/values.yaml'), 'utf8'))
const rows = rowsOf(contents, '')
const bare = rows.filter(({ comment }) => comment === '').map(({ path }) => path)
if (bare.length > 0) stop(`values.yaml says nothing of ${bare.join(', ')}`)
const text = readFileSync(DOCUMENT, 'utf8')
const [before, rest] = text.split(BEGIN)
const fresh = `${before}${BEGIN}${table()}${END}${rest.split(END)[1]}`
if (!process.argv.includes('--check')) writeFileSync(DOCUMENT, fresh)
else if (fresh !== text)
  stop('docs/deploy.md: the table of values is not that of values.yaml: node .ci/values.mjs')

/** Each value that is no group of others. One alert is one value. */
function rowsOf(map, prefix) {
  return map.items.flatMap(({ key, value }, index) => {
    const path = `${prefix}${key.value}`
    // The parser gives the comment above the first key to the map itself.
    const comment = words(key.commentBefore ?? (index === 0 ? map.commentBefore : undefined))
    const isGroup = isMap(value) && value.items.length > 0 && !value.flow && !isWhole(path)
    return isGroup ? rowsOf(value, `${path}.`) : [{ path, comment, value: value.toJSON() }]
  })
}

/** Maps that are Kubernetes' own: shown as they are. */
function isWhole(path) {
  return ['resources', 'nodeSelector', 'updateStrategy', 'dashboard.labels'].includes(path)
}

function words(comment = '') {
  return comment
    .split('\n\n')
    .at(-1)
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
}

function table() {
  const lines = rows.map(
    ({ path, value, comment }) => `| \`${path}\` | ${shown(value)} | ${cell(comment)} |\n`,
  )
  return `| value | default | is |\n|---|---|---|\n${lines.join('')}`
}

function shown(value) {
  return value === '' ? '' : `\`${cell(JSON.stringify(value))}\``
}

function cell(comment) {
  return comment.replaceAll('|', '\\|')
}

function stop(why) {
  process.stderr.write(`${why}\n`)
  process.exit(1)
}
