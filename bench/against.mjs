// `npm run bench -- --against REV …`: the same benchmarks of this tree and of a worktree of REV, in turn, and the ratio of each row.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, ratioText } from './print.mjs'

const TURNS = 3

/** `rowsOf(tree, name)` runs one benchmark there. Returns 1 where REV cannot be built. */
export async function against(rev, { root, names, rowsOf, say }) {
  const folder = mkdtempSync(join(tmpdir(), 'arpcheck-against-'))
  const tree = join(folder, 'tree')
  try {
    checkOut(rev, root, tree)
    const both = names.filter((name) => existsSync(join(tree, 'bench', name)))
    for (const name of names.filter((one) => !both.includes(one))) say(`${name}: not in ${rev}\n`)
    prepareThere(tree, both)
    for (const name of both) tellRatios(name, rev, await turns(name, [root, tree], rowsOf), say)
    return 0
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    return 1
  } finally {
    git(root, 'worktree', 'remove', '--force', tree)
    rmSync(folder, { recursive: true, force: true })
  }
}

function checkOut(rev, root, tree) {
  const { status, stderr } = git(root, 'worktree', 'add', '--detach', tree, rev)
  if (status !== 0) throw new Error(`There is no revision ${rev}: ${stderr.trim()}`)
  // its own lock file may differ: then npm ci there, by hand, is what tells the truth
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
}

function prepareThere(tree, names) {
  const script = `const { build } = await import('./.ci/build.mjs')
    await build()
    const { prepare } = await import('./bench/prepare.mjs')
    await prepare(${JSON.stringify(names)})`
  const options = { cwd: tree, encoding: 'utf8' }
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], options)
  if (status !== 0) throw new Error(`It cannot be built here (bench/prepare.mjs is needed): ${stderr.trim()}`)
}

/** The rows of each turn, ours and theirs. */
async function turns(name, trees, rowsOf) {
  const told = trees.map(() => [])
  for (let turn = 0; turn < TURNS; turn++)
    for (const [i, tree] of trees.entries()) told[i].push(await rowsOf(tree, name))
  return told
}

function tellRatios(name, rev, [ours, theirs], say) {
  say(`\n${name}, this tree against ${rev}\n`)
  for (const { name: row, unit } of ours[0]) {
    const [mine, other] = [ours, theirs].map((all) => all.map((rows) => medianOf(rows, row)))
    if (other.every((value) => value !== undefined)) say(`${ratioText(row, unit, mine, other)}\n`)
  }
}

function medianOf(rows, name) {
  const row = rows.find((one) => one.name === name)
  return row && median(row.samples)
}

function git(cwd, ...args) {
  return spawnSync('git', args, { cwd, encoding: 'utf8' })
}
