import assert from 'node:assert/strict'
import { test } from 'node:test'
import { broken, NET_RAW, rightsOf } from '../../../src/core/privilege/rights.ts'

function status(effective: string, noNew = '1', seccomp = '2', permitted = effective): string {
  return [
    'Name:\tnode',
    `CapInh:\t0000000000000000`,
    `CapPrm:\t${permitted}`,
    `CapEff:\t${effective}`,
    `NoNewPrivs:\t${noNew}`,
    `Seccomp:\t${seccomp}`,
    `Seccomp_filters:\t1`,
    '',
  ].join('\n')
}
const NONE = rightsOf(status('0000000000000000'))
const RAW = rightsOf(status('0000000000002000'))
const ALL = rightsOf(status('000001ffffffffff', '0', '0'))

for (const [title, threads, keep, sentences] of [
  ['all that was promised', [NONE, NONE], 0, []],
  ['the one right that a daemon keeps', [RAW, NONE], NET_RAW, []],
  ['that right in a one-shot', [NONE, RAW], 0, ['1 of 2 threads kept capabilities that are not needed.']],
  [
    'one thread that nothing was taken from',
    [NONE, NONE, ALL],
    NET_RAW,
    ['1 of 3 threads kept capabilities that are not needed.', '1 of 3 threads may make any system call.'],
  ],
  [
    'capabilities that could be taken up again',
    [rightsOf(status('0000000000000000', '1', '2', '0000000000200000'))],
    0,
    ['1 of 1 threads kept capabilities that are not needed.'],
  ],
  [
    'a filter without no_new_privs',
    [rightsOf(status('0', '0'))],
    0,
    ['1 of 1 threads may make any system call.'],
  ],
  ['no thread to be seen', [], 0, ['What its threads may do cannot be read.']],
  [
    'a status without these lines (an old kernel)',
    [rightsOf('Name:\tnode\n')],
    0,
    ['1 of 1 threads kept capabilities that are not needed.', '1 of 1 threads may make any system call.'],
  ],
] as const)
  test(`${title} → ${sentences.length === 0 ? 'nothing to tell' : sentences.join(' ')}`, () =>
    assert.deepEqual(broken(threads, keep), sentences))
