import { request } from 'node:https'
import type { Reviews } from './told.ts'

/** What a speaker makes of a token, as a status: 200, 401, 403; 500 where the API cannot be asked. */
export async function statusFor(token: string | undefined, reviews: Reviews): Promise<number> {
  if (token === undefined) return 401
  try {
    const { status: who } = await ask(reviews, 'authentication.k8s.io', 'TokenReview', { token })
    if (!who.authenticated || !who.user) return 401
    const { username: user, groups } = who.user
    const nonResourceAttributes = { path: '/metrics', verb: 'get' }
    const spec = { user, groups, nonResourceAttributes }
    const { status: may } = await ask(reviews, 'authorization.k8s.io', 'SubjectAccessReview', spec)
    return may.allowed ? 200 : 403
  } catch {
    return 500
  }
}

interface Review {
  readonly status: {
    readonly authenticated?: boolean
    readonly user?: { readonly username: string; readonly groups: readonly string[] }
    readonly allowed?: boolean
  }
}

const ANSWER_MS = 2000

async function ask({ url, ca, token }: Reviews, group: string, kind: string, spec: object): Promise<Review> {
  const apiVersion = `${group}/v1`
  const to = new URL(`/apis/${apiVersion}/${kind.toLowerCase()}s`, url)
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  const options = { method: 'POST', ca, headers, agent: false, signal: AbortSignal.timeout(ANSWER_MS) }
  const body = JSON.stringify({ apiVersion, kind, spec })
  return new Promise((resolve, reject) => {
    const asked = request(to, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 201) resolve(JSON.parse(Buffer.concat(chunks).toString()) as Review)
        else reject(new Error(`status ${response.statusCode}`))
      })
    })
    asked.on('error', reject).end(body)
  })
}
