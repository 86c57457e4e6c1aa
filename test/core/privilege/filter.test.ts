import assert from 'node:assert/strict'
import { test } from 'node:test'
import { syscallFilter, type Allowed } from '../../../src/core/privilege/filter.ts'

const ONE_SHOT: Allowed = { programs: false, rawSockets: false }
const DAEMON: Allowed = { programs: false, rawSockets: true }
const WITH_PLUGIN: Allowed = { programs: true, rawSockets: true }
const NOWHERE = { programs: false, rawSockets: true }

interface Call {
  readonly audit: number
  readonly number: number
  readonly args?: readonly number[]
}

/** As the kernel runs it (net/core/filter.c), for the operations that we use; anything else is a mistake. */
function run(program: Uint8Array, { audit, number, args = [] }: Call): 'allowed' | 'refused' {
  const data = new DataView(new ArrayBuffer(64))
  data.setUint32(0, number, true)
  data.setUint32(4, audit, true)
  for (const [i, arg] of args.entries()) data.setBigUint64(16 + i * 8, BigInt.asUintN(64, BigInt(arg)), true)
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength)
  let held = 0
  for (let at = 0; at < program.byteLength; at += 8) {
    const [operation, value] = [code.getUint16(at, true), code.getUint32(at + 4, true)]
    const jump = (holds: boolean): number => code.getUint8(at + (holds ? 2 : 3)) * 8
    if (operation === 0x20) held = data.getUint32(value, true)
    else if (operation === 0x54) held = (held & value) >>> 0
    else if (operation === 0x15) at += jump(held === value)
    else if (operation === 0x35) at += jump(held >= value)
    else if (operation === 0x06)
      return value === 0x7fff0000 ? 'allowed' : value === 0x50001 ? 'refused' : assert.fail()
    else assert.fail(`operation ${operation}`)
  }
  return assert.fail('ran off its end')
}

const X64 = { arch: 'x64', audit: 0xc000003e, socket: 41 }
const ARM64 = { arch: 'arm64', audit: 0xc00000b7, socket: 198 }
/** linux/socket.h and bits/socket_type.h; 0o2004000 is SOCK_CLOEXEC | SOCK_NONBLOCK. */
const SOCKETS: readonly (readonly [
  title: string,
  args: readonly number[],
  oneShot: 'allowed' | 'refused',
])[] = [
  ['a packet socket', [17, 3, 0], 'refused'],
  ['a cooked packet socket', [17, 2, 0x300], 'refused'],
  ['an IPv4 raw socket', [2, 3, 1], 'refused'],
  ['one with flags', [2, 3 | 0o2004000, 1], 'refused'],
  ['an IPv6 raw socket', [10, 3, 58], 'refused'],
  ['the old way to a packet socket', [2, 10, 0x300], 'refused'],
  ['an XDP socket', [44, 3, 0], 'refused'],
  ['a family with bits above an int', [2 ** 32 + 17, 3, 0], 'refused'],
  ['a netlink socket', [16, 3, 0], 'allowed'],
  ['a TCP socket', [2, 1 | 0o2004000, 6], 'allowed'],
  ['a UDP socket', [10, 2, 17], 'allowed'],
  ['a Unix socket', [1, 1, 0], 'allowed'],
]

for (const { arch, audit, socket } of [X64, ARM64]) {
  const ask = (allowed: Allowed, number: number, args: readonly number[] = []) =>
    run(syscallFilter(arch, allowed)!, { audit, number, args })

  for (const [title, args, oneShot] of SOCKETS)
    test(`${arch}: ${title} → ${oneShot} in a one-shot, allowed in a daemon`, () => {
      assert.equal(ask(ONE_SHOT, socket, args), oneShot)
      assert.equal(ask(DAEMON, socket, args), 'allowed')
    })
}

/** asm/unistd_64.h, asm-generic/unistd.h. */
for (const [name, x64, arm64] of [
  ['ptrace', 101, 117],
  ['process_vm_readv', 310, 270],
  ['process_vm_writev', 311, 271],
  ['pidfd_getfd', 438, 438],
  ['io_uring_setup', 425, 425],
] as const)
  test(`${name} → refused, also where a plugin is started`, () => {
    for (const allowed of [ONE_SHOT, DAEMON, WITH_PLUGIN]) {
      assert.equal(run(syscallFilter('x64', allowed)!, { ...X64, number: x64 }), 'refused')
      assert.equal(run(syscallFilter('arm64', allowed)!, { ...ARM64, number: arm64 }), 'refused')
    }
  })

for (const [name, x64, arm64] of [
  ['execve', 59, 221],
  ['execveat', 322, 281],
] as const)
  test(`${name} → refused, but where a plugin is started`, () => {
    for (const [allowed, outcome] of [
      [ONE_SHOT, 'refused'],
      [DAEMON, 'refused'],
      [WITH_PLUGIN, 'allowed'],
    ] as const) {
      assert.equal(run(syscallFilter('x64', allowed)!, { ...X64, number: x64 }), outcome)
      assert.equal(run(syscallFilter('arm64', allowed)!, { ...ARM64, number: arm64 }), outcome)
    }
  })

test('calls of another ABI (i386, x32, 32-bit ARM) → refused, whatever their number', () => {
  for (const number of [0, 1, 11, 41, 102, 198])
    for (const [arch, audit] of [
      ['x64', 0x40000003],
      ['arm64', 0x40000028],
    ] as const)
      assert.equal(run(syscallFilter(arch, WITH_PLUGIN)!, { audit, number }), 'refused')
  assert.equal(run(syscallFilter('x64', DAEMON)!, { ...X64, number: 0x40000000 + 1 }), 'refused')
})

test('what a process does all day → allowed', () => {
  for (const number of [0, 1, 3, 7, 9, 10, 35, 42, 45, 56, 202, 228, 232, 257, 307, 435])
    assert.equal(run(syscallFilter('x64', ONE_SHOT)!, { ...X64, number }), 'allowed', `${number}`)
})

for (const arch of ['riscv64', 'ppc64', '__proto__', 'constructor'])
  test(`a machine whose numbers are not known (${arch}) → no filter`, () =>
    assert.equal(syscallFilter(arch, NOWHERE), null))
