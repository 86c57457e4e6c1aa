/** What a filter of system calls leaves open. */
export interface Allowed {
  /** Starting programs: a plugin of the kubeconfig. */
  readonly programs: boolean
  /** Opening packet and raw sockets: an interface that vanished and came back. */
  readonly rawSockets: boolean
}

/** Numbers of a machine: linux/audit.h, asm/unistd_64.h, asm-generic/unistd.h. */
interface Machine {
  readonly audit: number
  /** Calls from here on are of another ABI (x32); null where there is none. */
  readonly foreignFrom: number | null
  readonly socket: number
  readonly programs: readonly number[]
  /** Other processes' memory and descriptors; rings of io_uring, whose work no filter sees. */
  readonly never: readonly number[]
}

const MACHINES: Readonly<Record<string, Machine>> = {
  x64: {
    audit: 0xc000003e,
    foreignFrom: 0x40000000,
    socket: 41,
    programs: [59, 322], // execve, execveat
    never: [101, 310, 311, 438, 425], // ptrace, process_vm_readv, process_vm_writev, pidfd_getfd, io_uring_setup
  },
  arm64: {
    audit: 0xc00000b7,
    foreignFrom: null,
    socket: 198,
    programs: [221, 281],
    never: [117, 270, 271, 438, 425],
  },
}

const [AF_NETLINK, AF_PACKET, AF_XDP] = [16, 17, 44]
const [SOCK_RAW, SOCK_PACKET] = [3, 10]
/** Above it are flags: SOCK_CLOEXEC, SOCK_NONBLOCK. */
const SOCK_TYPE_MASK = 0xf
/** struct seccomp_data; of an argument the half that a kernel reads as an int, on a little-endian machine. */
const [NUMBER, AUDIT, FAMILY, TYPE] = [0, 4, 16, 24]

/** BPF_LD|W|ABS, BPF_ALU|AND|K, BPF_JMP|JEQ|K, BPF_JMP|JGE|K, BPF_RET|K: linux/bpf_common.h. */
const [LOAD, AND, IF_EQUAL, IF_AT_LEAST, RETURN] = [0x20, 0x54, 0x15, 0x35, 0x06]
const ALLOW = 0x7fff0000
const EPERM = 1
const DENY = 0x00050000 | EPERM

type End = 'allow' | 'deny'
/** An operation, its number, and where it leads when a comparison holds or does not; missing: to the next one. */
type Line = readonly [operation: number, value: number, then?: End | null, otherwise?: End]

/** The program for seccomp, as the kernel takes it; null for a machine whose numbers are not known. */
export function syscallFilter(arch: string, allowed: Allowed): Uint8Array | null {
  const machine = Object.hasOwn(MACHINES, arch) ? MACHINES[arch] : undefined
  return machine === undefined ? null : assembled(linesFor(machine, allowed))
}

function linesFor(machine: Machine, { programs, rawSockets }: Allowed): Line[] {
  const denied = programs ? machine.never : [...machine.never, ...machine.programs]
  return [
    [LOAD, AUDIT],
    [IF_EQUAL, machine.audit, null, 'deny'],
    [LOAD, NUMBER],
    ...(machine.foreignFrom === null ? [] : [[IF_AT_LEAST, machine.foreignFrom, 'deny'] as const]),
    ...denied.map((number): Line => [IF_EQUAL, number, 'deny']),
    ...(rawSockets ? [] : socketLines(machine.socket)),
  ]
}

/** Netlink's sockets are called raw too, and are how links and addresses are read. */
function socketLines(socket: number): Line[] {
  return [
    [IF_EQUAL, socket, null, 'allow'],
    [LOAD, FAMILY],
    [IF_EQUAL, AF_PACKET, 'deny'],
    [IF_EQUAL, AF_XDP, 'deny'],
    [IF_EQUAL, AF_NETLINK, 'allow'],
    [LOAD, TYPE],
    [AND, SOCK_TYPE_MASK],
    [IF_EQUAL, SOCK_RAW, 'deny'],
    [IF_EQUAL, SOCK_PACKET, 'deny'],
  ]
}

/** struct sock_filter { u16 code; u8 jt; u8 jf; u32 k }; the two ends stand behind the lines. */
function assembled(lines: readonly Line[]): Uint8Array {
  const all: Line[] = [...lines, [RETURN, ALLOW], [RETURN, DENY]]
  const view = new DataView(new ArrayBuffer(all.length * 8))
  const ends = { allow: lines.length, deny: lines.length + 1 }
  for (const [i, [operation, value, then, otherwise]] of all.entries()) {
    view.setUint16(i * 8, operation, true)
    view.setUint8(i * 8 + 2, then ? ends[then] - i - 1 : 0)
    view.setUint8(i * 8 + 3, otherwise ? ends[otherwise] - i - 1 : 0)
    view.setUint32(i * 8 + 4, value, true)
  }
  return new Uint8Array(view.buffer)
}
