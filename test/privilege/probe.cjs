// Loaded into a process of arpcheck's before it begins; on SIGUSR2 it tries what should be refused, and writes down what came of it.
const { writeFileSync, renameSync } = require('node:fs')

process.on('SIGUSR2', () => {
  const { ARPCHECK_TEST_ADDON: addon, ARPCHECK_TEST_TRIED: path } = process.env
  const holder = { exports: {} }
  process.dlopen(holder, addon)
  const { spawnSync } = require('node:child_process')
  const tried = {
    program: spawnSync('true').error?.code ?? 'started',
    packetSocket: outcome(() => capture(new holder.exports.Capture())),
    links: outcome(() => holder.exports.netlinkDump(LINKS)),
  }
  writeFileSync(`${path}.draft`, JSON.stringify(tried))
  renameSync(`${path}.draft`, path)
})

/** RTM_GETLINK, a dump of all. */
const LINKS = new Uint8Array(32)
const view = new DataView(LINKS.buffer)
view.setUint32(0, 32, true)
view.setUint16(4, 18, true)
view.setUint16(6, 0x301, true)

function capture(raw) {
  const small = {
    snapLength: 128,
    kernelBufferBytes: 1 << 20,
    ringFrames: 4096,
    highRate: 0,
    foldRepeats: 0,
  }
  raw.open({ device: 'far0', filter: 'arp', etherType: 3, ...small }, () => {})
  raw.close()
}

function outcome(attempt) {
  try {
    attempt()
    return 'done'
  } catch (error) {
    return error.code ?? error.message
  }
}
