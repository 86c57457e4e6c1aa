import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runLab, skipReason, USERS } from './lab.ts'

// Runs alone: one user has one standing lab, and the stories take both slots of the machine.
for (const user of USERS) {
  suite(`a standing lab of ${user}`, { skip: skipReason(user), concurrency: 1 }, () => {
    test('is entered by its hosts names, runs what it is given there, and is gone after down', async () => {
      const up = await runLab(user, ['up', 'two-nodes-answer'])
      assert.equal(up.code, 0, up.stderr)
      try {
        const name = await runLab(user, ['shell', 'nuc-2', '--', 'hostname'])
        assert.deepEqual(name, { code: 0, stdout: 'nuc-2\n', stderr: '' })
        const folder = await runLab(user, ['shell', 'nuc-2', '--', 'pwd'])
        assert.deepEqual(folder, { code: 0, stdout: `${process.cwd()}\n`, stderr: '' })
        const address = await runLab(user, [
          'shell',
          'client',
          '--',
          'ip',
          '-4',
          '-o',
          'addr',
          'show',
          'eno1',
        ])
        assert.match(address.stdout, /192\.168\.1\.50\/24/)
        assert.equal((await runLab(user, ['shell', 'nuc-1', '--', 'sh', '-c', 'exit 7'])).code, 7)
        const check = ['arpcheck', '-i', 'eno1', '--no-kube', '192.168.1.62', '-o', 'json']
        const report = JSON.parse((await runLab(user, ['shell', 'client', '--', ...check])).stdout)
        assert.equal(report.vips[0].verdict, 'duplicate')

        const again = await runLab(user, ['up'])
        assert.equal(again.code, 3)
        assert.match(again.stderr, /A lab of yours is up already/)
        assert.match((await runLab(user, ['shell', 'nuc-9'])).stderr, /no host "nuc-9".*\n.*nuc-1, nuc-2/)
      } finally {
        assert.equal((await runLab(user, ['down'])).code, 0)
      }
      const gone = await runLab(user, ['shell', 'nuc-2', '--', 'hostname'])
      assert.equal(gone.code, 3)
      assert.match(gone.stderr, /No lab of yours is up/)
    })

    test('with a cluster its shells have a kubeconfig, and arpcheck needs no argument there', async () => {
      const up = await runLab(user, ['up'])
      assert.equal(up.code, 0, up.stderr)
      try {
        const { stdout } = await runLab(user, [
          'shell',
          'client',
          '--',
          'arpcheck',
          '-i',
          'eno1',
          '-o',
          'json',
        ])
        const report = JSON.parse(stdout)
        assert.deepEqual(
          report.vips.map(({ verdict }: { verdict: string }) => verdict),
          ['ok', 'ok', 'ok', 'idle', 'idle'],
        )
      } finally {
        assert.equal((await runLab(user, ['down'])).code, 0)
      }
    })
  })
}
