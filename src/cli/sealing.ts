import { KeptCaptures } from '../capture/kept.ts'
import { NET_RAW } from '../core/privilege/rights.ts'
import { ArpcheckError } from '../errors.ts'
import { openEchoSocket, type EchoSocket } from '../icmp/echo.ts'
import { askByEcho } from '../live-echo.ts'
import type { CheckEdges } from '../options.ts'
import { giveUp, keepOnly, type Needed } from '../privilege/give-up.ts'
import type { Settings } from './flags.ts'
import type { World } from './streams.ts'
import { tellNote } from './tell.ts'

/** A one-shot whose sockets are open needs no right any more. */
const NOTHING: Needed = { capabilities: 0, programs: false, rawSockets: false }

/**
 * Edges of a run that gives up its rights once its interfaces are open. What it may have to open later (the interface
 * for another look, ICMP for a silent node) is opened before and kept.
 */
export function sealed(
  edges: CheckEdges,
  settings: Settings,
  { world, withEcho }: { readonly world: World; readonly withEcho: boolean },
): { readonly edges: CheckEdges; readonly close: () => void } {
  if (!isOurProcess(world)) return { edges, close: () => {} }
  const captures = new KeptCaptures(edges.openCapture)
  let echo: EchoSocket | null | undefined
  return {
    edges: {
      ...edges,
      openCapture: captures.open,
      echo: async (ips, signal) => (echo ? askByEcho(ips, signal, { socket: echo }) : null),
      onOpened: () => {
        if (echo !== undefined) return
        echo = withEcho ? echoSocket() : null
        sealNow(settings, world)
      },
    },
    close: () => {
      captures.close()
      echo?.close()
    },
  }
}

/** For good: nothing is opened, and no program started, from here on. */
export function sealNow({ verbose }: Settings, world: World): void {
  if (isOurProcess(world)) apply(NOTHING, (note) => verbose > 0 && tellNote(note, world))
}

/** A daemon opens interfaces again that vanished; `programs`: its kubeconfig names a plugin. */
export function sealDaemon(programs: boolean, world: World, tell: (note: string) => void): void {
  if (isOurProcess(world)) apply({ capabilities: NET_RAW, programs, rawSockets: true }, tell)
}

/** Before its files are read: one that only a capability opens would not be read again. */
export function lessenDaemon(world: World): void {
  if (isOurProcess(world)) keepOnly(NET_RAW)
}

function apply(needed: Needed, tell: (note: string) => void): void {
  for (const note of giveUp(needed)) tell(note)
}

/** A command that runs in somebody else's process must not take that one's rights. */
function isOurProcess(world: World): boolean {
  return world === process
}

/** Null where ICMP cannot be asked. */
function echoSocket(): EchoSocket | null {
  try {
    return openEchoSocket()
  } catch (error) {
    if (error instanceof ArpcheckError) return null
    throw error
  }
}
