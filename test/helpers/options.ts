import type { CheckOptions } from '../../src/check.ts'

/** The command line's defaults, and nothing to ask for. */
export const NO_OPTIONS: CheckOptions = {
  targets: [],
  mustBeFree: [],
  interfaces: [],
  count: 3,
  intervalMs: 250,
  timeoutMs: 1000,
  rate: 50,
  sender: 'auto',
}
