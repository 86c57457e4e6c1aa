import type { Clock } from '../clock.ts'
import type { Readable } from '../core/cluster.ts'
import type { Api } from './api.ts'
import { readObject } from './object.ts'
import { problemOf } from './problem.ts'
import { at, text } from './raw.ts'
import { readableFor } from './snapshot.ts'

/** As the manifests call it, and the chart of a release called metallb. */
export const SECRET_NAMES = ['memberlist', 'metallb-memberlist'] as const

/** The memberlist's Secret, or why there is none. */
export type MemberlistSecret =
  | { readonly name: string; readonly secretkey: Uint8Array }
  | { readonly name: null; readonly why: Readable }

/** Asks for each name in turn: a role names them one by one. Never throws. */
export async function readMemberlistSecret(
  api: Api,
  clock: Clock,
  namespace: string,
  signal: AbortSignal,
  names: readonly string[] = SECRET_NAMES,
): Promise<MemberlistSecret> {
  let why: Readable = 'absent'
  for (const name of names) {
    const path = `/api/v1/namespaces/${namespace}/secrets/${name}`
    try {
      const value = text(at(await readObject(api, clock, { path }, signal), 'data', 'secretkey'))
      if (value !== null) return { name, secretkey: Buffer.from(value, 'base64') }
    } catch (error) {
      const readable = readableFor(problemOf(error), { name: `secrets/${name}`, namespace, verb: 'get' })
      if (readable !== 'absent') why = readable
    }
  }
  return { name: null, why }
}
