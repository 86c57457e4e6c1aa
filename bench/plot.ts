/** A line for each quantity over sizes that differ by powers of ten; both axes logarithmic. */
export interface Plot {
  readonly title: string
  readonly x: { readonly title: string; readonly values: readonly number[] }
  readonly lines: readonly { readonly title: string; readonly values: readonly number[] }[]
}

const [WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM] = [640, 400, 70, 60, 20, 60]
const COLOURS = ['#1f6feb', '#d1242f', '#1a7f37']

export function plot({ title, x, lines }: Plot): string {
  const across = scale(x.values, LEFT, WIDTH - RIGHT)
  const up = scale(lines.flatMap(({ values }) => values), HEIGHT - BOTTOM, TOP) // prettier-ignore
  const parts = [
    text(WIDTH / 2, 20, title, 'middle'),
    text(WIDTH / 2, HEIGHT - 12, x.title, 'middle'),
    ...x.values.map((value) =>
      text(across.at(value), HEIGHT - BOTTOM + 20, value.toLocaleString('en'), 'middle'),
    ),
    ...up.decades.map((value) => grid(up.at(value), value)),
    ...lines.map((line, i) => drawn(line.values.map((value, j) => [across.at(x.values[j]!), up.at(value), value]), COLOURS[i]!)), // prettier-ignore
    ...lines.map(
      (line, i) => `<g fill="${COLOURS[i]!}">${text(LEFT + 8, 38 + 16 * i, line.title, 'start')}</g>`,
    ),
  ]
  const size = `width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n${parts.join('\n')}\n</svg>\n`
}

interface Scale {
  readonly at: (value: number) => number
  readonly decades: readonly number[]
}

/** Whole powers of ten at both ends. */
function scale(values: readonly number[], from: number, to: number): Scale {
  const [low, high] = [Math.floor(log(Math.min(...values))), Math.ceil(log(Math.max(...values)))]
  const span = Math.max(1, high - low)
  return {
    at: (value) => from + ((log(value) - low) / span) * (to - from),
    decades: Array.from({ length: span + 1 }, (_, i) => 10 ** (low + i)),
  }
}

function log(value: number): number {
  return Math.log10(Math.max(value, 1e-3))
}

function grid(y: number, value: number): string {
  const line = `<line x1="${LEFT}" y1="${y.toFixed(1)}" x2="${WIDTH - RIGHT}" y2="${y.toFixed(1)}" stroke="#d0d7de"/>`
  return `${line}${text(LEFT - 8, y + 4, String(value), 'end')}`
}

function drawn(points: readonly (readonly [number, number, number])[], colour: string): string {
  const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
  const dots = points.map(
    ([x, y, value]) =>
      `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${colour}"/>${text(x, y - 8, value.toPrecision(3), 'middle')}`,
  )
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}`
}

function text(x: number, y: number, words: string, anchor: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${words}</text>`
}
