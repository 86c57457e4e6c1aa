import type { Ip } from '../ip.ts'
import { openRound, type Round } from '../round.ts'
import type { Schedule } from './schedule.ts'
import { LOOK_REACH_MS } from './timing.ts'

/**
 * A one-shot has a round for all addresses; a daemon asks for each in its own time. So it keeps one round that never ends,
 * in which the evidence of one address begins anew with each look at it, and judges a cut of it.
 */
export function begun(round: Round, ip: Ip): Round {
  const sender = round.plan.senders.get(ip)
  if (sender === undefined) return round
  const fresh = openRound({ ...round.plan, senders: new Map([[ip, sender]]) })
  return { ...round, ledgers: new Map([...round.ledgers, ...fresh.ledgers]) }
}

/**
 * The address, and whatever was asked for during the look at it or a moment before. What was heard earlier proves nothing:
 * neither that we hear now, nor that a node lives (rule 1).
 */
export function cutOf(round: Round, { asks }: Schedule, sinceMs: number): Round {
  const isFresh = (ip: Ip): boolean => (asks.get(ip)?.askedAtMs ?? -Infinity) >= sinceMs - LOOK_REACH_MS
  return { ...round, ledgers: new Map([...round.ledgers].filter(([ip]) => isFresh(ip))) }
}
