import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandAsRoot, commandLine } from '../../src/cli/command.ts'

for (const [argv, line] of [
  [[], 'arpcheck'],
  [['-i', 'eno1', '192.168.1.60=1c:69:7a:aa:04:10'], 'arpcheck -i eno1 192.168.1.60=1c:69:7a:aa:04:10'],
  [['--pcap', 'my file'], "arpcheck --pcap 'my file'"],
  [['$(reboot)', ''], "arpcheck '$(reboot)' ''"],
  [["it's"], String.raw`arpcheck 'it'\''s'`],
] as const) {
  test(`${JSON.stringify(argv)} is typed again as ${line}`, () => assert.equal(commandLine(argv), line))
}

test("as root the command keeps the PATH to a node that is not the system's", () => {
  assert.equal(commandAsRoot(['-q'], '/usr/bin/node'), 'sudo arpcheck -q')
  assert.equal(commandAsRoot(['-q'], '/home/me/.nvm/bin/node'), 'sudo env "PATH=$PATH" arpcheck -q')
})
