import { writeFileSync } from 'node:fs'
import { seededRandom } from '../../core/random.ts'
import { createAuthority, type Keys } from '../api/certificates.ts'
import { type ApiDouble, startDouble } from '../api/double.ts'
import type { ApiObject } from '../api/kinds.ts'
import { SWITCH } from '../routed.ts'
import { ip } from '../segment.ts'
import type { Guard } from '../metrics/told.ts'
import { USER } from './access.ts'
import type { ApiState } from './shape.ts'
import type { LabClock } from './time.ts'

/** The API server stands beside the nodes, so that it outlives each of them: its address is the switch's own. */
const HOST = '192.168.1.10'
const MAC = '1c:69:7a:aa:00:10'
const PORT = 6443
const SPEAKER = 'system:serviceaccount:metallb-system:speaker'
/** Inside, /run is the segment's own. */
export const KUBECONFIG = '/run/kubeconfig'

export interface ApiOptions {
  /** Who the kubeconfig is for: the administrator, or somebody who has a token and a role. */
  readonly as: 'admin' | 'user'
  readonly seed: number
  /** Made beside other work: they take their time. */
  readonly keys: Promise<Keys>
}

/** How each state begins and ends. */
const STATES: Readonly<Record<ApiState, readonly [begin: Act, end: Act]>> = {
  up: [async () => {}, async () => {}],
  // As while a server is down: what stands breaks, what is new is refused
  away: [
    async ({ wire }) => {
      await wire.refuse()
      wire.reset()
    },
    ({ wire }) => wire.accept(),
  ],
  // Connections are taken, and nothing comes
  frozen: [async ({ wire }) => wire.freeze(), async ({ wire }) => wire.thaw()],
  failing: [
    async ({ api }) => api.faults.add({ times: Infinity, does: { status: 500 } }),
    async ({ api }) => api.faults.clear(),
  ],
}
type Act = (double: ApiDouble) => Promise<unknown>

/** The cluster's API, with a kubeconfig on every host. */
export class Api {
  readonly #double: ApiDouble
  /** What speakers guard their metrics with: a certificate that they sign themselves, and whom they ask of tokens. */
  readonly guard: Guard
  #state: ApiState = 'up'
  #objects: ReadonlyMap<string, ApiObject> = new Map()

  private constructor(double: ApiDouble, guard: Guard) {
    this.#double = double
    this.guard = guard
  }

  static async start(clock: LabClock, { as, seed, keys }: ApiOptions): Promise<Api> {
    await ip(['link set lo up', `link set ${SWITCH} address ${MAC}`, `addr add ${HOST}/24 dev ${SWITCH}`])
    const made = await keys
    const authority = createAuthority('arpcheck-lab-ca', clock.nowMs(), made)
    const double = await startDouble({ host: HOST, port: PORT, clock, random: seededRandom(seed), authority })
    const token = double.api.tokens.issue({ name: USER, groups: ['system:authenticated'] })
    writeFileSync(KUBECONFIG, as === 'admin' ? double.adminKubeconfig : double.kubeconfigFor(token))
    const { cert } = createAuthority('metallb-speaker', clock.nowMs(), made)
    const reviewer = double.api.tokens.issue({ name: SPEAKER, groups: ['system:masters'] })
    const reviews = { url: double.url, ca: authority.cert, token: reviewer }
    return new Api(double, { cert, key: made.pem, reviews })
  }

  /** Makes the API hold these objects and no others of ours. */
  hold(objects: readonly ApiObject[]): void {
    const wanted = new Map(objects.map((object) => [keyOf(object), object]))
    for (const object of wanted.values()) this.#double.api.apply(object)
    for (const [key, { kind, metadata }] of this.#objects)
      if (!wanted.has(key)) this.#double.api.remove(kind, metadata.namespace ?? null, metadata.name)
    this.#objects = wanted
  }

  async become(state: ApiState): Promise<void> {
    if (state === this.#state) return
    await STATES[this.#state][1](this.#double)
    this.#state = state
    await STATES[state][0](this.#double)
  }
}

function keyOf({ kind, metadata: { namespace = '', name } }: ApiObject): string {
  return [kind, namespace, name].join('/')
}
