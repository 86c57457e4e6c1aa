const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const INTERRUPTED = 130

/** Aborts on the first Ctrl-C or SIGTERM, so that what is known gets printed; the second ends the process at once. */
export function onInterrupt(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController()
  function interrupt(): void {
    if (controller.signal.aborted) process.exit(INTERRUPTED)
    controller.abort()
  }
  for (const name of SIGNALS) process.on(name, interrupt)
  return {
    signal: controller.signal,
    release: () => SIGNALS.forEach((name) => process.off(name, interrupt)),
  }
}
