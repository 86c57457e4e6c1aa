import { compare } from 'bcryptjs'
import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { plain, type Answer, type Asked } from '../route.ts'

/** Passwords that were right, remembered as MACs under a key of this process. */
const MOST_REMEMBERED = 100
const MOST_WAITING = 8
/** After a wrong password we rest so many times as long as it took: guessing takes at most a fifth of our thread. */
const REST = 4
/** A password beyond 72 bytes is cut by bcrypt; beyond this it is no password. */
const MOST_LETTERS = 512

/** Basic authentication against bcrypt hashes; no users: everybody may enter. */
export class BasicAuth {
  readonly #clock: Clock
  readonly #secret = randomBytes(32)
  readonly #right = new Set<string>()
  #waiting = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Null: let in; else how to send away. */
  async refuse({ headers, signal }: Asked, users: ReadonlyMap<string, string>): Promise<Answer | null> {
    if (users.size === 0) return null
    const given = credentialsOf(headers.authorization)
    if (!given) return UNAUTHORIZED
    const hash = users.get(given.user)
    const mark = this.#markOf(given, hash ?? '')
    if (hash !== undefined && this.#right.has(mark)) return null
    if (this.#waiting >= MOST_WAITING)
      return plain(503, 'Too many passwords at once.', { 'retry-after': '2' })
    const isRight = await this.#inTurn(async () => {
      if (signal.aborted) return false
      const compared = await compare(given.password, hash ?? hashOfNobody(users))
      return compared && hash !== undefined
    })
    if (!isRight) return UNAUTHORIZED
    this.#remember(mark)
    return null
  }

  /** One comparison at a time, as it holds our thread; and the next not at once where the password was wrong. */
  #inTurn(work: () => Promise<boolean>): Promise<boolean> {
    let began = 0
    this.#waiting++
    const mine = this.#turn.then(() => {
      began = this.#clock.monotonicMs()
      return work().finally(() => this.#waiting--)
    })
    const rest = (): Promise<void> => this.#clock.sleep(REST * (this.#clock.monotonicMs() - began))
    this.#turn = mine.then((isRight) => (isRight ? undefined : rest()), rest)
    return mine
  }

  /** The hash is part of it: a password that was changed is forgotten. */
  #markOf({ user, password }: Credentials, hash: string): string {
    const text = JSON.stringify([user, hash, password])
    return createHmac('sha256', this.#secret).update(text).digest('base64')
  }

  #remember(mark: string): void {
    const [oldest] = this.#right
    if (this.#right.size >= MOST_REMEMBERED && oldest !== undefined) this.#right.delete(oldest)
    this.#right.add(mark)
  }
}

interface Credentials {
  readonly user: string
  readonly password: string
}

function credentialsOf(header: string | undefined): Credentials | null {
  const [, encoded = ''] = /^basic\s+([A-Za-z0-9+/=]+)\s*$/i.exec(header ?? '') ?? []
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0 || text.length > MOST_LETTERS) return null
  return { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Compared where there is no such user, as costly as the first user's, so that both take as long. No password leads to it. */
export function hashOfNobody(users: ReadonlyMap<string, string>): string {
  const [hash = ''] = users.values()
  return `$2b$${hash.split('$')[2] ?? '10'}$${'.'.repeat(53)}`
}

const UNAUTHORIZED = plain(401, 'Unauthorized.', {
  'www-authenticate': 'Basic realm="arpcheck", charset="UTF-8"',
})
