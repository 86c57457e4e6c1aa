import type { Clock } from '../clock.ts'
import type { Api, ApiRequest } from './api.ts'
import { garbage, MAX_OBJECT_BYTES } from './list.ts'
import { within } from './within.ts'

const OBJECT_MS = 30_000

/** One object, or what a write came to; throws an `ApiProblem`. */
export async function readObject(
  api: Api,
  clock: Clock,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<unknown> {
  const limit = { ms: OBJECT_MS, waitedFor: 'body' } as const
  return within(clock, limit, signal, async (limited) => {
    const { body } = await api.open(request, limited)
    return parse(await whole(body))
  })
}

async function whole(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_OBJECT_BYTES) throw garbage(`an object of more than ${MAX_OBJECT_BYTES >> 20} MiB`)
  }
  return Buffer.concat(chunks)
}

function parse(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString())
  } catch {
    throw garbage('an object that is no JSON')
  }
}
