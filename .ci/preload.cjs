// Loaded into each test file's process: stacks name the TypeScript line, warnings say where they come from.
// (--enable-source-maps would also move a test to the file of the helper that declared it.)
process.setSourceMapsEnabled(true)
process.traceProcessWarnings = true
