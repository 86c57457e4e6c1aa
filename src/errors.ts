/** What the world may do to us, as codes; a code is an API and decides the exit code. */
export type ErrorCode =
  | 'usage' // bad flag, bad address: exit 2
  | 'config' // bad configuration file or environment: exit 2
  | 'no-permission' // CAP_NET_RAW is missing
  | 'no-such-interface'
  | 'interface-down'
  | 'interface-gone'
  | 'interface-changed' // renamed, or its MAC changed, while a capture was open
  | 'not-ethernet' // tunnel, loopback or another link without Ethernet ARP
  | 'engine-unavailable' // the native addon or an optional package cannot be loaded
  | 'bad-capture-file'
  | 'recording-failed' // the file of --pcap cannot be written further
  | 'capture-failed' // libpcap or the kernel refused, for another reason
  | 'cannot-write' // stdout cannot be written: disk full, for one
  | 'host-unreadable' // links, addresses, routes or neighbours of this host cannot be read
  | 'no-kubeconfig' // no kubeconfig in any of the places, and this is no pod: exit 2
  | 'kubeconfig' // a kubeconfig that cannot be read or used: exit 2
  | 'api-unreachable' // the API server refuses, is not there, or does not answer
  | 'api-tls' // the API server and the kubeconfig do not fit together in TLS
  | 'api-unauthorized' // the API server does not accept the credentials, or they cannot be had
  | 'api-failed' // the API server answers, but not with what was asked for
  | 'no-metallb' // the cluster runs no MetalLB, or none that can be found
  | 'no-vips-known' // which addresses are VIPs may not be read
  | 'members-unread' // no speaker's member list could be read, though one is required
  | 'lab-unavailable' // the lab's needs (namespaces, ip, unshare) are not met

const USAGE_CODES: ReadonlySet<ErrorCode> = new Set(['usage', 'config', 'no-kubeconfig', 'kubeconfig'])

/** One failure of the world: what was tried and why it failed (message), and what to do next (remedy). */
export class ArpcheckError extends Error {
  readonly code: ErrorCode
  readonly remedy: readonly string[]

  constructor(
    code: ErrorCode,
    message: string,
    options: { remedy?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {})
    this.name = 'ArpcheckError'
    this.code = code
    this.remedy = options.remedy ?? []
  }

  /** Each bundle has a copy of this class: by its name, one thrown in another bundle is known too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'ArpcheckError'
  }

  /** 2 for what the user typed, 3 for what could not be tested (design: exit codes). */
  get exitCode(): 2 | 3 {
    return USAGE_CODES.has(this.code) ? 2 : 3
  }
}

/** What Node says of a system call that failed: `ENOENT: no such file or directory, open '/x'`. */
const SYSTEM_WORDS = /^E[A-Z0-9]+: (.+?), [a-z]+\b.*$/s

/** The words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The same; of a system call that failed the reason alone, for a sentence that names the file. */
export function reasonOf(error: unknown): string {
  return messageOf(error).replace(SYSTEM_WORDS, '$1')
}
