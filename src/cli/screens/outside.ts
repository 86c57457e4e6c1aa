import type { Report } from '../../core/report.ts'
import { columns } from './layout.ts'
import { blank, glyph, show, type Style } from './style.ts'

/** What a Service holds but MetalLB does not announce, and what has no address yet: listed, never judged. */
export function outside({ outOfScope, metallb }: Report, style: Style): string[] {
  const rows = [
    ...outOfScope.map(({ ip, service, why }) => [ip, service, whyText(why)]),
    ...(metallb?.waiting ?? []).map((service) => ['-', service, 'waits for an address']),
  ]
  if (rows.length === 0) return []
  const texts = rows.map((row) => row.map((text) => show(text, style)))
  const [titles, ...lines] = columns([['NOT ASKED', 'SERVICE', 'WHY'], ...texts], {
    right: new Set(),
    width: style.width - 7,
  })
  return ['', `  ${blank(style)}  ${titles!}`, ...lines.map((line) => `  ${glyph('quiet', style)}  ${line}`)]
}

/** `not-in-a-pool, kube-vip` → `not in a pool, kube-vip`. */
function whyText(why: string): string {
  const [reason = '', ...by] = why.split(', ')
  return [reason.replaceAll('-', ' '), ...by].join(', ')
}
