/** How a round is spread over time, from one interface. */
export interface Pace {
  /** Between two frames; 0 for as fast as the kernel takes them. */
  readonly gapNs: number
  /** From the start of one pass over all addresses to the start of the next. */
  readonly passMs: number
}

/** `rate` is in frames a second, null for no cap: where it is too low for the interval, the interval stretches. */
export function paceOf(questions: number, intervalMs: number, rate: number | null): Pace {
  const gapNs = rate === null ? 0 : Math.ceil(1e9 / rate)
  return { gapNs, passMs: Math.max(intervalMs, (questions * gapNs) / 1e6) }
}
