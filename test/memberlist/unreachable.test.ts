import { systemClock } from '../../src/clock.ts'
import { NO_KEYS } from '../../src/memberlist/keys.ts'
import { createObserver, OBSERVER_DEFAULTS } from '../../src/memberlist/observer.ts'
import { unreachableSpeakers } from '../helpers/unreachable.ts'

// Speakers whose member lists cannot be connected to. What answers is in observer.test.ts.

unreachableSpeakers('connect-timeout', async (address) => {
  const settings = { ...OBSERVER_DEFAULTS, keys: NO_KEYS, timeoutMs: 500 }
  const observer = createObserver(settings, { clock: systemClock })
  const speaker = { name: 'nuc-9', address, port: 7946 }
  const [first] = await observer.observe([speaker], new AbortController().signal)
  return first!.reading
})
