// Runs the long tests: `node .ci/soak.mjs [part of a file's name …]`; each states its own length and reads SOAK_SECONDS.
process.argv.splice(2, 0, '--soak')
await import('./test.mjs')
