// Makes dist/*.cache: `node --require .ci/code-cache.cjs dist/arpcheck.js …` leaves beside each bundle that was loaded what
// V8 made of it by then, the functions that were called included. The next start takes that over (src/code-cache.ts).
const { readFileSync, writeFileSync } = require('node:fs')
const { dirname, join } = require('node:path')
const vm = require('node:vm')

const { Script } = vm
const dist = join(__dirname, '../dist')
const made = new Map()

vm.Script = class extends Script {
  constructor(source, options) {
    super(source, options)
    if (dirname(options.filename) === dist) made.set(options.filename, this)
  }
}

process.on('exit', () => {
  for (const [path, script] of made) {
    const mark = readFileSync(path).subarray(-64)
    writeFileSync(path.replace(/\.js$/, '.cache'), Buffer.concat([mark, script.createCachedData()]))
  }
})
