import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { VipCache } from '../../src/cli/cache.ts'
import { completions } from '../../src/cli/completion.ts'
import { SCRIPTS, SHELLS, type Shell } from '../../src/cli/completion-scripts.ts'
import { FLAG_NAMES } from '../../src/cli/flags.ts'
import { ownFolder } from '../helpers/folder.ts'
import { PROGRAM } from '../helpers/program.ts'
import { ip } from '../helpers/segment.ts'

const home = ownFolder()
const VIPS = ['192.168.1.60', '192.168.1.62']
const NODES = ['nuc-1', 'nuc-2', 'pi-3']

before(async () => {
  const vips = [...VIPS, '2001:db8::60'].map((vip) => ({ vip: ip(vip), services: [], pool: null }))
  await new VipCache(join(home, '.cache/arpcheck'), 'a').save({ savedAtMs: 0, vips, nodes: NODES })
  mkdirSync(join(home, 'bin'))
  symlinkSync(PROGRAM, join(home, 'bin/arpcheck'))
  symlinkSync(process.execPath, join(home, 'bin/node'))
  writeFileSync(join(home, 'seen.pcapng'), '')
})

async function offered(...typed: string[]): Promise<string[]> {
  const text = await completions(['bash', 'arpcheck', ...typed], { HOME: home })
  return text.split('\n').slice(0, -1)
}

for (const [typed, words] of [
  [
    ['-o', ''],
    ['table', 'wide', 'json', 'yaml', 'name'],
  ],
  [['-o', 'j'], ['json']],
  [['--output=j'], ['--output=json']],
  [['--output', '=', 'j'], ['json']], // as bash has it
  [
    ['--fail-on', ''],
    ['error', 'warning', 'never'],
  ],
  [
    ['--color', 'a'],
    ['auto', 'always'],
  ],
  [['exp'], ['explain']],
  [['completion', ''], [...SHELLS]],
  [
    ['lab', ''],
    ['list', 'run', 'up', 'shell', 'down'],
  ],
  [['lab', 'run', 's'], []],
  [['192.168.1.6'], VIPS],
  [['--no-kube', '192.168.1.62'], ['192.168.1.62']],
  [['-q', '192.168.1.60'], ['192.168.1.60']],
  [
    ['explain', 'arp10'],
    ['ARP101', 'ARP102', 'ARP103', 'ARP104', 'ARP106', 'ARP107', 'ARP108'],
  ],
  [
    ['explain', '192.168.1.60', '--without', 'nuc'],
    ['nuc-1', 'nuc-2'],
  ],
  [['192.168.1.60=n'], ['192.168.1.60=nuc-1', '192.168.1.60=nuc-2']],
  [['192.168.1.60', '=', 'pi'], ['pi-3']],
  [['192.168.1.60', '='], NODES],
  [['--replay', ''], []], // a file: the shell's own affair
  [['--spea'], ['--speaker-metrics']],
  [
    ['daemon', '--conf'],
    ['--confirm-interval', '--config'],
  ],
  [
    ['config', '--log-level', ''],
    ['debug', 'info', 'warn', 'error'],
  ],
  [
    ['daemon', '--node', 'nuc'],
    ['nuc-1', 'nuc-2'],
  ],
  [['daemon', ''], []],
  [['--'], FLAG_NAMES.map((name) => `--${name}`)],
] as const) {
  test(`after ${JSON.stringify(typed.join(' '))} the shell is offered ${words.join(' ') || 'nothing'}`, async () =>
    assert.deepEqual(await offered(...typed), words))
}

test('a command is offered first, a VIP of the last runs everywhere, a code after explain alone', async () => {
  assert.deepEqual((await offered('')).slice(0, 2), ['explain', 'members'])
  assert.ok((await offered('')).includes('192.168.1.60'))
  assert.ok((await offered('explain', '')).includes('192.168.1.60'))
  assert.ok(!(await offered('members', '')).includes('ARP101'))
})

test('after -i the shell is offered the interfaces of this host', async () =>
  assert.ok((await offered('-i', '')).includes('lo')))

test('without a list of the last run there are no VIPs, and nothing fails', async () =>
  assert.deepEqual(await completions(['bash', 'arpcheck', '192'], {}), ''))

/** Has a real shell read the script, and complete `line`; what it would offer, without descriptions. */
const ASKED: Readonly<Record<Shell, (words: readonly string[]) => readonly [string, ...string[]]>> = {
  bash: (words) => [
    'bash',
    '--norc',
    '-c',
    `source script.bash; COMP_WORDS=(${words.map(quote).join(' ')}); COMP_CWORD=${words.length - 1}
     _arpcheck; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  // the functions of its completion system, as they would be called
  zsh: (words) => [
    'zsh',
    '-f',
    '-c',
    `compdef() { }; _describe() { print -rl -- \${(P)2} }; _default() { print -rl -- *(N) }
     source ./script.zsh; words=(${words.map(quote).join(' ')}); CURRENT=${words.length}; _arpcheck`,
  ],
  fish: (words) => ['fish', '--no-config', '-c', `source script.fish; complete -C ${quote(words.join(' '))}`],
}

for (const shell of SHELLS) {
  const skip = spawnSync(shell, ['--version']).error ? `needs ${shell}: apt-get install ${shell}` : false
  const inShell = (...typed: string[]): string[] => {
    writeFileSync(join(home, `script.${shell}`), SCRIPTS[shell])
    const [command, ...args] = ASKED[shell](['arpcheck', ...typed])
    const env = { HOME: home, PATH: `${join(home, 'bin')}:/usr/bin:/bin`, LANG: 'C.UTF-8', TERM: 'dumb' }
    const { stdout, stderr } = spawnSync(command, args, { cwd: home, env, encoding: 'utf8' })
    assert.equal(stderr, '')
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.split(shell === 'zsh' ? /(?<!\\):/ : '\t')[0]!.replaceAll('\\:', ':'))
  }
  for (const [typed, words] of [
    [
      ['explain', 'ARP10'],
      ['ARP101', 'ARP102', 'ARP103', 'ARP104', 'ARP106', 'ARP107', 'ARP108'],
    ],
    [['192.168.1.6'], VIPS],
    [['2001'], ['2001:db8::60']],
    [['--no-kube', '192.168.1.62'], ['192.168.1.62']],
    [['-o', 'y'], ['yaml']],
    [['exp'], ['explain']],
    [['explain', VIPS[0]!, '--without', 'pi'], ['pi-3']],
    [['--no-se'], ['--no-settle']],
  ] as const) {
    test(`${shell} completes ${JSON.stringify(typed.join(' '))} to ${words.join(' ')}`, { skip }, () =>
      assert.deepEqual(inShell(...typed), words),
    )
  }

  test(`${shell} offers commands for a word that has not begun, and files after --replay`, { skip }, () => {
    assert.ok(inShell('').includes('members'))
    if (shell !== 'bash') assert.ok(inShell('--replay', 'se').includes('seen.pcapng'))
    else assert.deepEqual(inShell('--replay', 'se'), ['']) // and complete -o default does the rest
  })
}

function quote(word: string): string {
  return `'${word}'`
}
