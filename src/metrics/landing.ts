import type { Answer } from './route.ts'

const LINKS = [
  ['/metrics', 'for Prometheus'],
  ['/api/v1/report', 'what this vantage sees now, as JSON'],
  ['/probe?module=arp&target=', 'asks for one VIP, as blackbox_exporter does'],
] as const

/** The page of a person who opened the port in a browser. */
export function landingPage(version: string): Answer {
  const items = LINKS.map(
    ([path, what]) => `<li><a href="${path.replace('&', '&amp;')}">${path.split('?')[0]}</a> ${what}`,
  )
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>arpcheck</title>
<h1>arpcheck ${version}</h1><ul>
${items.join('\n')}
</ul></html>
`
  const headers = { 'content-security-policy': "default-src 'none'", 'x-frame-options': 'deny' }
  return { status: 200, type: 'text/html; charset=utf-8', body, headers }
}
