import { ArpcheckError } from '../errors.ts'
import { must } from './exec.ts'

const READY_MS = 10_000
const READY_POLL_MS = 20

interface Port {
  readonly linkinfo?: { readonly info_slave_data?: { readonly state?: string } }
}

/** Resolves when every port of every switch forwards. */
export async function untilForwarding(ports: number): Promise<void> {
  const deadline = performance.now() + READY_MS
  while (performance.now() < deadline) {
    const told = JSON.parse(await must('ip', ['-d', '-j', 'link', 'show', 'type', 'bridge_slave'])) as Port[]
    const forwarding = told.filter((port) => port.linkinfo?.info_slave_data?.state === 'forwarding')
    if (forwarding.length === ports) return
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS))
  }
  throw new ArpcheckError(
    'lab-unavailable',
    `The lab's switch did not come up within ${READY_MS / 1000} s.`,
    {
      remedy: ['Run it again; a machine under heavy load can be too slow for it.'],
    },
  )
}
