// Pictures of what was measured, as SVG (pure).

export interface Curve {
  readonly name: string
  readonly points: { mpps: number; lostPercent: number }[]
}

const [WIDTH, HEIGHT] = [760, 400]
const FRAME = { left: 70, right: 150, top: 30, bottom: 50 }
const COLOURS = ['#1b6ac9', '#12875a', '#c23b22', '#8a6d1d']

/** Share of replies lost against the rate that was really offered. */
export function lossPlot(curves: readonly Curve[]): string {
  const widest = Math.max(...curves.flatMap(({ points }) => points.map(({ mpps }) => mpps)))
  const toX = (mpps: number) => FRAME.left + (mpps / widest) * (WIDTH - FRAME.left - FRAME.right)
  const toY = (percent: number) =>
    HEIGHT - FRAME.bottom - (percent / 100) * (HEIGHT - FRAME.top - FRAME.bottom)
  const text = (x: number, y: number, words: string, more = '') =>
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${words}</text>`
  const lines = curves.map(({ name, points }, i) => {
    const sorted = points.toSorted((a, b) => a.mpps - b.mpps)
    const path = sorted.map(
      ({ mpps, lostPercent }) => `${toX(mpps).toFixed(1)},${toY(lostPercent).toFixed(1)}`,
    )
    const colour = COLOURS[i % COLOURS.length]!
    const dots = path
      .map((point) => point.split(','))
      .map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`)
    const label = text(WIDTH - FRAME.right + 15, FRAME.top + 20 * (i + 1), name, `fill="${colour}"`)
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${path.join(' ')}"/>${dots.join('')}${label}`
  })
  const across = [0, 25, 50, 75, 100].map(
    (percent) =>
      `<line x1="${FRAME.left}" x2="${WIDTH - FRAME.right}" y1="${toY(percent)}" y2="${toY(percent)}" stroke="#ddd"/>` +
      text(FRAME.left - 8, toY(percent) + 4, `${percent} %`, 'text-anchor="end"'),
  )
  const down = Array.from({ length: Math.floor(widest / 0.2) + 1 }, (_, i) => i * 0.2).map((mpps) =>
    text(toX(mpps), HEIGHT - FRAME.bottom + 18, mpps.toFixed(1), 'text-anchor="middle"'),
  )
  const title = text(FRAME.left, 18, 'Replies lost, against the rate that was offered')
  const axis = text(toX(widest / 2), HEIGHT - 10, 'million replies a second', 'text-anchor="middle"')
  const style = 'font-family="sans-serif" font-size="12" fill="#222"'
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ${style}>`
  const paper = `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`
  return [head, paper, ...across, ...down, ...lines, title, axis, '</svg>', ''].join('\n')
}
