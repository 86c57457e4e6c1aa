// Plays drawn clusters and faults in the lab, and says how often arpcheck was right: `npm run campaign -- --help`.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { build as esbuild } from 'esbuild'
import { build, bundling, root } from './build.mjs'

const out = join(root, 'build/campaign/campaign.js')

await build((words) => process.stderr.write(`build: ${words}\n`))
mkdirSync(join(root, 'build/campaign'), { recursive: true })
await esbuild({
  ...bundling,
  entryPoints: [join(root, 'src/lab/campaign/main.ts')],
  outfile: out,
  sourcemap: 'inline',
})
const { status } = spawnSync(process.execPath, ['--enable-source-maps', out, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
process.exitCode = status ?? 1
