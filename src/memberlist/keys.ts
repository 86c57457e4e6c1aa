import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { ArpcheckError } from '../errors.ts'

/** AES-256 from MetalLB 0.14.0, AES-128 before. */
const KEY_BYTES = [32, 16] as const
/** The key takes the first 32 bytes of a secret at most. */
const READ_BYTES = 4096
/** The group may read: 0440 is what a pod with an fsGroup gets. */
const FORBIDDEN_MODE = 0o027

/**
 * Keys of a memberlist, the most likely first. Their bytes are in no property, no JSON and no `console.log`: whoever
 * holds them can change who is a member.
 */
export class MemberlistKeys {
  readonly #keys: readonly Buffer[]
  #wiped = false

  /** Takes copies; the caller wipes its own. */
  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys.map((key) => {
      const copy = Buffer.allocUnsafeSlow(key.length)
      copy.set(key)
      return copy
    })
  }

  get count(): number {
    return this.#keys.length
  }

  /** Hands one key to `use`, which must not keep it. */
  with<T>(index: number, use: (key: Uint8Array) => T): T {
    if (this.#wiped) throw new Error('these memberlist keys were wiped')
    return use(this.#keys[index]!)
  }

  /** Overwrites the keys: nothing can be sealed or opened with them any more. */
  wipe(): void {
    this.#wiped = this.#keys.length > 0
    for (const key of this.#keys) key.fill(0)
  }
}

/** A speaker without a secret seals nothing. */
export const NO_KEYS = new MemberlistKeys([])

/** How a MetalLB makes its key: the secret with a digest appended and cut, or the secret's own digest (v0.16.2). */
export type KeyForm = 'appended' | 'hashed'

/**
 * The keys that a MetalLB speaker may make of its Secret's `secretkey`, those of `first` before the others, and wipes
 * `secret`; an empty secret means no sealing. Until v0.16.1 MetalLB appends the digest of the empty input to the secret
 * and cuts (`hash.Sum(secret)` hashes nothing), to 32 bytes, or 16 before v0.14.0; from v0.16.2 on it hashes (#3102).
 */
export function keysFromSecret(secret: Uint8Array, first: KeyForm = 'appended'): MemberlistKeys {
  if (secret.length === 0) return NO_KEYS
  const long = appended(secret)
  const hashed = createHash('sha256').update(secret).digest()
  secret.fill(0)
  const old = KEY_BYTES.map((bytes) => long.subarray(0, bytes))
  const keys = new MemberlistKeys(first === 'hashed' ? [hashed, ...old] : [...old, hashed])
  for (const copy of [long, hashed]) copy.fill(0)
  return keys
}

function appended(secret: Uint8Array): Buffer {
  const long = Buffer.allocUnsafeSlow(Math.max(...KEY_BYTES))
  const used = Math.min(secret.length, long.length)
  long.set(secret.subarray(0, used))
  long.set(
    createHash('sha256')
      .digest()
      .subarray(0, long.length - used),
    used,
  )
  return long
}

/** The keys of a file that holds `secretkey` byte for byte, its line ends included. Throws a `config` error. */
export function keysFromFile(path: string, first: KeyForm = 'appended'): MemberlistKeys {
  const secret = readSecret(path)
  if (secret.length > 0) return keysFromSecret(secret, first)
  throw new ArpcheckError('config', `The memberlist key file ${path} is empty.`, {
    remedy: [howToGetOne(path)],
  })
}

function readSecret(path: string): Buffer {
  const file = open(path)
  try {
    const status = fstatSync(file)
    if (!status.isFile()) throw new ArpcheckError('config', `The memberlist key file ${path} is no file.`)
    refuseOpenToOthers(path, status.mode)
    const secret = Buffer.allocUnsafeSlow(READ_BYTES)
    return secret.subarray(0, readSync(file, secret, 0, READ_BYTES, 0))
  } finally {
    closeSync(file)
  }
}

/** Without O_NONBLOCK a named pipe would hold us here. */
function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'it does not exist' : code === 'EACCES' ? 'permission denied' : code
    throw new ArpcheckError('config', `Cannot read the memberlist key file ${path}: ${why}.`, {
      remedy: [howToGetOne(path)],
      cause,
    })
  }
}

function refuseOpenToOthers(path: string, mode: number): void {
  if ((mode & FORBIDDEN_MODE) === 0) return
  const shown = (mode & 0o777).toString(8).padStart(4, '0')
  throw new ArpcheckError('config', `The memberlist key file ${path} is open to others (mode ${shown}).`, {
    remedy: [`chmod 600 ${path}`, 'In a pod, on the Secret volume:  defaultMode: 0440'],
  })
}

function howToGetOne(path: string): string {
  const secret = 'kubectl -n metallb-system get secret memberlist -o jsonpath={.data.secretkey}'
  return `${secret} | base64 -d | install -m 600 /dev/stdin ${path}`
}
