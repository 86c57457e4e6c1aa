import { after } from 'node:test'
import type { Capture, CaptureEvents } from '../../src/capture/capture.ts'
import { openNative } from '../../src/capture/native.ts'
import { cable, inNamespaces, ipCommand } from '../helpers/netns.ts'
import { captureContract, type Wire } from './contract.ts'

const quiet: CaptureEvents = { onFrames: () => {}, onTrouble: () => {} }

inNamespaces(() => {
  cable('near', 'far')
  const far = openNative({ device: 'far', filter: 'inbound and arp' }, quiet)
  const wire: Wire = {
    bring: (frames) => far.send({ frames, gapNs: 0 }),
    arrived: () => far.drain().map((frame) => frame.bytes),
    setUp: (up) => void ipCommand(`link set near ${up ? 'up' : 'down'}`),
  }
  after(() => far.close())
  captureContract({ name: 'native', wire, open })

  function open(incoming: readonly Uint8Array[], events: CaptureEvents): Capture {
    const capture = openNative({ device: 'near' }, events)
    void wire.bring(incoming)
    return capture
  }
})
