import type { ArpcheckError } from '../errors.ts'

/** Why a request to the API came to nothing. */
export type Problem =
  /** It answered, but not 2xx; or an ERROR came in a watch. */
  | { readonly kind: 'status'; readonly status: ApiStatus }
  /** The connection could not be made, or broke; `cause` is Node's error. */
  | { readonly kind: 'network'; readonly cause: unknown }
  /** Nothing came in time. */
  | { readonly kind: 'late'; readonly waitedFor: WaitedFor; readonly ms: number }
  /** What came is not what the API sends. */
  | { readonly kind: 'garbage'; readonly what: string }
  /** The credentials could not be had. */
  | { readonly kind: 'credentials'; readonly error: ArpcheckError }
  /** We stopped it ourselves. */
  | { readonly kind: 'stopped' }

export type WaitedFor = 'answer' | 'connection' | 'headers' | 'body' | 'event' | 'end of watch'

/** A `Status` of the API (meta/v1), or what comes nearest to it of another answer. */
export interface ApiStatus {
  readonly code: number
  readonly reason: string
  readonly message: string
  /** From `Retry-After` or `details.retryAfterSeconds`. */
  readonly retryAfterMs: number | null
}

export class ApiProblem extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.kind)
    this.name = 'ApiProblem'
    this.problem = problem
  }
}

/** Anything thrown while a request was under way. */
export function problemOf(error: unknown): Problem {
  return error instanceof ApiProblem ? error.problem : { kind: 'network', cause: error }
}

/** One line for logs and for an input that is marked as failed. */
export function describe(problem: Problem): string {
  switch (problem.kind) {
    case 'status':
      return `the API server said ${problem.status.code}: ${problem.status.message}`
    case 'network':
      return networkText(problem.cause)
    case 'late':
      return `no ${problem.waitedFor} within ${problem.ms / 1000} s`
    case 'garbage':
      return `not what the API sends: ${problem.what}`
    case 'credentials':
      return problem.error.message
    default:
      return 'stopped'
  }
}

function networkText(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return networkText(cause.errors[0])
  return cause instanceof Error ? cause.message : String(cause)
}
