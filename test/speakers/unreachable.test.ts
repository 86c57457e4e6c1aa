import { systemClock } from '../../src/clock.ts'
import { ClaimReader } from '../../src/speakers/reader.ts'
import { unreachableSpeakers } from '../helpers/unreachable.ts'

// Speakers whose metrics cannot be connected to. What answers is in reader.test.ts.

const ENDPOINTS = [
  { scheme: 'http', port: 7472 },
  { scheme: 'https', port: 9120 },
] as const

unreachableSpeakers('timeout', async (address) => {
  const reader = new ClaimReader({ clock: systemClock, timeoutMs: 300, token: async () => null })
  const source = { node: 'nuc-9', address, endpoints: ENDPOINTS }
  return (await reader.read(source, new AbortController().signal)).reading
})
