import type { Readable } from 'node:stream'
import type { ClusterSnapshot } from '../../src/core/cluster.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { SpeakerReading } from '../../src/core/views.ts'
import { renewedViews } from '../../src/daemon-views.ts'
import type { WatchEdges } from '../../src/daemon-watch.ts'
import { openApi } from '../../src/kubernetes/api.ts'
import { type ClusterWatch, followApi } from '../../src/kubernetes/follow.ts'
import { publishNics } from '../../src/kubernetes/records.ts'
import { readMemberlistSecret } from '../../src/kubernetes/secret.ts'
import type { Transport } from '../../src/kubernetes/transport.ts'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import { nicLease as nicLeaseOf } from '../../src/lab/api/objects.ts'
import { ApiServer } from '../../src/lab/api/server.ts'
import type { Log } from '../../src/log.ts'
import type { SpeakerViews } from '../../src/speaker-views.ts'
import { DaemonWorld } from './daemon.ts'
import { homelab } from './homelab.ts'
import { fixedCredentials, memoryTransport } from './memory-transport.ts'
import { addressOf, NUC_MACS, NUCS, type NucName } from './nucs.ts'

/** The daemon in memory, which reads its cluster from the API double: the reflectors are the real ones. */
export class ApiWorld extends DaemonWorld {
  readonly server = new ApiServer({ clock: this.clock, random: seededRandom(5) })
  readonly mistakes: unknown[] = []
  readonly #bodies = new Set<Readable>()
  readonly #api
  readonly #follow: ClusterWatch
  readonly speakerKeys = new Map<string, string>()
  /** How reading each speaker's view went last. */
  readonly kinds = new Map<string, string>()
  readonly #key = 'c2VjcmV0a2V5MTIzNDU2'
  #isAway = false

  constructor() {
    super()
    for (const object of [...homelab(), ...NUCS.map(nicLease)]) this.server.apply(object)
    const token = this.server.tokens.issue({ name: 'daemon', groups: ['system:masters'] })
    const memory = memoryTransport(this.server, this.clock)
    this.#api = openApi(fixedCredentials(token), this.#cut(memory), this.clock)
    const onFault = (error: unknown): void => void this.mistakes.push(error)
    const options = { env: {}, ownNamespace: 'arpcheck', onFault }
    this.#follow = followApi(this.#api, options, { clock: this.clock, random: seededRandom(5) })
  }

  get isAway(): boolean {
    return this.#isAway
  }

  /** Every connection breaks, and new ones are refused. */
  set isAway(isAway: boolean) {
    this.#isAway = isAway
    if (isAway) this.breakConnections()
  }

  breakConnections(): void {
    for (const body of this.#bodies) body.destroy(failure('ECONNRESET'))
  }

  /** Nobody answers for this address any more. */
  withdraw(address: string): void {
    this.responders = this.responders.map((respond) => (question) => {
      return question.tpa === address ? [] : respond(question)
    })
  }

  snapshot(): ClusterSnapshot {
    return this.#follow.snapshot()
  }

  /** What a speaker seals with. */
  keyOf(speaker: string): string {
    return this.speakerKeys.get(speaker) ?? this.#key
  }

  /** As the member lists are read, but for the sockets. */
  #views(log: Log): Pick<SpeakerViews, 'read'> {
    return renewedViews({
      keyFile: null,
      memberlistSecret: (namespace, signal) => readMemberlistSecret(this.#api, this.clock, namespace, signal),
      open: ({ readSecret }) => {
        let secret: Promise<Uint8Array | null> | undefined
        return {
          read: async ({ speakerPods, metallbNamespace }, signal) => {
            secret ??= readSecret(metallbNamespace!, signal)
            const key = Buffer.from((await secret) ?? []).toString()
            const names = new Set(speakerPods.map(({ nodeName }) => nodeName))
            const asked = this.views.readings.filter(({ speaker: { name } }) => names.has(name))
            const readings = asked.map((one): SpeakerReading =>
              this.keyOf(one.speaker.name) === key ? one : { ...one, reading: { kind: 'wrong-key' } },
            )
            for (const { speaker, reading } of readings) {
              this.asked.push({ speaker: speaker.name, atMs: this.clock.monotonicMs() })
              this.kinds.set(speaker.name, reading.kind)
            }
            return { readings, sealed: true }
          },
          close: () => {},
        }
      },
      clock: this.clock,
      log,
    })
  }

  override edges(): WatchEdges {
    const edges = super.edges()
    const { clock } = this
    return {
      ...edges,
      cluster: {
        ...edges.cluster,
        watch: this.#follow,
        ready: (signal) => this.#follow.ready(signal),
        readViews: this.#views(edges.log).read,
        publish: async (nics, signal) => {
          this.published.push(nics)
          await publishNics(this.#api, clock, { namespace: 'arpcheck', node: 'nuc-3', nics }, signal)
        },
      },
    }
  }

  async close(): Promise<void> {
    await this.end()
    await this.#follow.stop()
    await this.#api.close()
  }

  #cut(memory: Transport): Transport {
    return {
      ...memory,
      send: async (...asked) => {
        if (this.#isAway) throw failure('ECONNREFUSED')
        const response = await memory.send(...asked)
        this.#bodies.add(response.body)
        response.body.once('close', () => this.#bodies.delete(response.body))
        return response
      },
    }
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code })
}

export function nicLease(node: NucName): ApiObject {
  const nics = [{ name: 'eno1', mac: NUC_MACS[node], addresses: [`${addressOf(node)}/24`], state: 'up' }]
  return nicLeaseOf(node, nics)
}
