// Rows and cells as text and as JSON (pure).

/** The rows that a cell is printed as. */
export function cellRows({ key, unit, ours, peers, goal }) {
  const [first] = Object.keys(peers)
  const against = first && `${key}: ${first}`
  return [
    { name: `${key}: ours`, unit, samples: ours, against, goal },
    ...Object.entries(peers).map(([name, samples]) => ({ name: `${key}: ${name}`, unit, samples })),
  ]
}

/** What --json says of it: medians, and the ratio to the first peer run by run; null without a peer. */
export function jsonCell({ unit, ours, peers }) {
  const [first] = Object.values(peers)
  return {
    ours: median(ours),
    peers: Object.fromEntries(Object.entries(peers).map(([name, samples]) => [name, median(samples)])),
    ratio: first ? ratio(ours, first) : null,
    unit,
  }
}

export function rowText(row, rows) {
  const { name, unit, samples, goal } = row
  const [low, middle, high] = [Math.min(...samples), median(samples), Math.max(...samples)].map(short)
  const columns = [`  ${name.padEnd(40)} ${middle.padStart(9)} ${unit.padEnd(8)} ${low} – ${high}`.padEnd(84)]
  const base = rows.find((other) => other.name === row.against && other !== row)
  if (base) columns.push(`${short(ratio(samples, base.samples))} × ${base.name}`)
  if (goal) columns.push(`(${goal})`)
  return columns.join('  ')
}

function ratio(samples, base) {
  return median(samples.map((sample, i) => sample / base[i]))
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** Three digits that count. */
function short(value) {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
