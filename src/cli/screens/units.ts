/** A round-trip time as one reads it: `0.4 ms`, `12 ms`, `1.2 s`; `-` where there is none. */
export function rtt(ms: number | null): string {
  if (ms === null) return '-'
  if (ms >= 999.5) return `${(ms / 1000).toFixed(1)} s`
  return `${ms >= 9.95 ? Math.round(ms) : ms.toFixed(ms < 0.095 ? 2 : 1)} ms`
}

/** How long something took: `0.9 s`, `75 s`, `6 min 12 s`. */
export function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 10) return `${(ms / 1000).toFixed(1)} s`
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** How long ago: `just now`, `4 min ago`, `3 h ago`, `2 d ago`. A clock that was set back reads as just now. */
export function ago(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return ms < 5000 ? 'just now' : `${Math.floor(ms / 1000)} s ago`
  if (minutes < 120) return `${minutes} min ago`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} d ago`
}

/** `1 frame`, `2 frames`. */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`
}
