// Checks what documents may get wrong by themselves: links to files and headings, names of npm scripts and decisions.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g
const SCRIPT = /`npm (?:run (?<run>[\w:-]+)|(?<own>test))/g
const scripts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts

const documents = [
  'README.md',
  'CHANGELOG.md',
  ...markdownIn('docs'),
  ...markdownIn('bench'),
  ...markdownIn('native'),
]
const wrong = documents.filter((path) => existsSync(join(root, path))).flatMap(check)
for (const line of wrong) process.stdout.write(`${line}\n`)
process.stdout.write(`${documents.length} documents, ${wrong.length} wrong\n`)
process.exitCode = wrong.length === 0 ? 0 : 1

function markdownIn(folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
}

function check(path) {
  const text = readFileSync(join(root, path), 'utf8')
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '')
  const links = [...prose.matchAll(LINK)].map(([, target]) => linkProblem(path, target))
  const names = [...text.matchAll(SCRIPT)].map(({ groups }) => scriptProblem(groups.run ?? groups.own))
  return [...links, ...names]
    .filter((problem) => problem !== undefined)
    .map((problem) => `${path}: ${problem}`)
}

function linkProblem(from, target) {
  if (/^[a-z]+:/.test(target)) return undefined
  const [file, heading] = target.split('#')
  const path = file === '' ? join(root, from) : resolve(root, dirname(from), file)
  if (relative(root, path).startsWith('..')) return `the link ${target} leaves the project`
  if (!existsSync(path)) return `the link ${target} leads nowhere`
  if (heading === undefined || statSync(path).isDirectory()) return undefined
  return headings(path).includes(heading) ? undefined : `the link ${target} names no heading there`
}

/** Headings as links name them: lower case, words joined by dashes, punctuation dropped. */
function headings(path) {
  return [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function scriptProblem(name) {
  return name in scripts ? undefined : `npm run ${name} is no script of package.json`
}
