import type { FaultVerb } from '../faults.ts'

/** What happens to nodes; times are milliseconds since 1970, by the API server's clock. */
export interface Life {
  /** Without power, since when. */
  readonly off: ReadonlyMap<string, number>
  /** With the cable out, or alone on its segment. */
  readonly cut: ReadonlySet<string>
  /** No longer counted by the memberlists of the others. */
  readonly dropped: ReadonlySet<string>
  /** Not heard of by the API server for so long that it says NotReady, since when. */
  readonly unheard: ReadonlyMap<string, number>
  /** Whose speaker pod was deleted, when: a live one has been started again, a dead one cannot go. */
  readonly deleted: ReadonlyMap<string, number>
}

export const BORN: Life = {
  off: new Map(),
  cut: new Set(),
  dropped: new Set(),
  unheard: new Map(),
  deleted: new Map(),
}

/** What a fault is to a cluster; others do not touch it. */
export const BEFALLS = {
  'power-off': 'off',
  unplug: 'cut',
  isolate: 'cut',
  'interface-down': 'cut',
  plug: 'back',
  'interface-up': 'back',
  'delete-pod': 'deleted',
} as const satisfies Partial<Record<FaultVerb, string>>

export type Event = (typeof BEFALLS)[keyof typeof BEFALLS] | 'dropped' | 'unheard'

export function lifeAfter(life: Life, event: Event, node: string, atMs: number): Life {
  if (event === 'back') return { ...life, ...backAgain(life, node) }
  const is = life[event]
  return { ...life, [event]: is instanceof Map ? new Map([...is, [node, atMs]]) : new Set([...is, node]) }
}

function backAgain({ cut, dropped, unheard }: Life, node: string): Partial<Life> {
  const without = (names: ReadonlySet<string>) => new Set([...names].filter((name) => name !== node))
  return {
    cut: without(cut),
    dropped: without(dropped),
    unheard: new Map([...unheard].filter(([name]) => name !== node)),
  }
}
