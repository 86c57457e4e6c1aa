import { recorded } from '../capture/recorded.ts'
import type { Recorder } from '../capture/recorder.ts'
import type { CheckEdges } from '../check.ts'
import type { HostFacts } from '../core/host.ts'
import { isIpv4, type Ip } from '../core/ip.ts'
import { noteText } from '../core/note.ts'

/** The same edges; what is heard is saved, and with it what the host says of itself where `asked` is concerned. */
export function saving(edges: CheckEdges, recorder: Recorder, asked: readonly Ip[]): CheckEdges {
  let facts: HostFacts | undefined
  const hostFacts = () => (facts ??= edges.hostFacts())
  return {
    ...edges,
    hostFacts,
    openCapture: (name, frames, events) => {
      const capture = edges.openCapture(name, frames, { ...events, everyFrame: true })
      const link = hostFacts().links.find((one) => one.name === name)
      if (!link?.mac) return capture // went away meanwhile, which the capture tells
      const addresses = link.addresses.filter(({ ip }) => isIpv4(ip))
      const comment = noteText(hostFacts(), name, asked)
      return recorded(capture, recorder.track({ name, mac: link.mac, addresses, comment }))
    },
  }
}
