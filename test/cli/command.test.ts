import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandAsRoot, commandLine, type Started } from '../../src/cli/command.ts'

for (const [argv, line] of [
  [[], 'arpcheck'],
  [['-i', 'eno1', '192.168.1.60=1c:69:7a:aa:04:10'], 'arpcheck -i eno1 192.168.1.60=1c:69:7a:aa:04:10'],
  [['--pcap', 'my file'], "arpcheck --pcap 'my file'"],
  [['$(reboot)', ''], "arpcheck '$(reboot)' ''"],
  [["it's"], String.raw`arpcheck 'it'\''s'`],
] as const) {
  test(`${JSON.stringify(argv)} is typed again as ${line}`, () => assert.equal(commandLine(argv), line))
}

const AS_USUAL: Started = {
  node: '/usr/bin/node',
  script: '/usr/local/bin/arpcheck',
  path: '/usr/local/bin:/usr/bin',
  folder: '/home/me/arpcheck',
}

for (const [title, started, line] of [
  ['installed', {}, 'sudo arpcheck -q'],
  [
    'installed, with a node of one’s own',
    {
      node: '/home/me/.nvm/bin/node',
      script: '/home/me/.nvm/bin/arpcheck',
      path: '/home/me/.nvm/bin:/usr/bin',
    },
    'sudo env "PATH=$PATH" arpcheck -q',
  ],
  ['installed where the PATH does not lead', { script: '/opt/arpcheck' }, 'sudo node /opt/arpcheck -q'],
  ['from a clone', { script: '/home/me/arpcheck/dist/arpcheck.js' }, 'sudo node dist/arpcheck.js -q'],
  [
    'from elsewhere, with a node of one’s own',
    { script: '/home/me/arpcheck/dist/arpcheck.js', folder: '/home/me/x', node: '/home/me/.nvm/bin/node' },
    'sudo /home/me/.nvm/bin/node /home/me/arpcheck/dist/arpcheck.js -q',
  ],
  [
    'by npx, whose PATH does not last',
    {
      script: '/home/me/arpcheck/node_modules/.bin/arpcheck',
      path: '/home/me/arpcheck/node_modules/.bin:/usr/bin',
    },
    'sudo node node_modules/.bin/arpcheck -q',
  ],
] as const) {
  test(`as root, ${title}: ${line}`, () =>
    assert.equal(commandAsRoot(['-q'], { ...AS_USUAL, ...started }), line))
}
