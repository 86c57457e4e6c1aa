import type { Ip } from '../ip.ts'
import type { Random } from '../random.ts'
import type { Ask } from './asks.ts'
import type { Bucket } from './bucket.ts'
import type { Plan } from './plan.ts'
import type { Ended } from './schedule.ts'

/** A step in the making. */
export interface Draft {
  plan: Plan
  readonly asks: Map<Ip, Ask>
  sent: Bucket
  readonly caused: Map<string, Bucket>
  readonly nowMs: number
  readonly random: Random
  readonly ended: Ended[]
}
