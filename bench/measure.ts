/** What one measurement gave; every sample is one run, in the order of the runs. */
export interface Row {
  readonly name: string
  readonly unit: string
  readonly samples: readonly number[]
  /** The row to compare with: sample by sample, so that a machine that slows down slows both. */
  readonly against?: string
  /** What to reach, in words: `≤ 1.3 ×`. */
  readonly goal?: string
}

/** Hands a row to bench/run.mjs, which prints it. */
export function tell(row: Row): void {
  process.stdout.write(`${JSON.stringify(row)}\n`)
}

/** Runs each function once a round, in turn, after one round that does not count; gives their times in milliseconds. */
export function inTurn(rounds: number, subjects: readonly (() => void)[]): number[][] {
  const samples = subjects.map((): number[] => [])
  for (let round = -1; round < rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      const start = performance.now()
      subject()
      if (round >= 0) samples[i]!.push(performance.now() - start)
    }
  }
  return samples
}
