import { createSocket, type RemoteInfo, type Socket as PacketSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isIpv4, type Ip } from '../../core/ip.ts'
import { readRequest, type Asked } from './asked.ts'
import { ANSWER, framed } from './conduct.ts'
import {
  ackAnswer,
  aliveGossip,
  compound,
  compressed,
  errorAnswer,
  nackAnswer,
  sealedPacket,
  unsealed,
} from './frame.ts'
import { answerKey, type PeerScript } from './script.ts'

/** A peer of the lab: it serves one member view on a port, by streams and packets, and gossips with nobody. */
export interface MemberlistPeer {
  readonly port: number
  /** All that it was asked so far, in order. */
  readonly asked: readonly Asked[]
  /** Connections and packets that it could not open or read. */
  readonly refused: readonly string[]
  /** From now on it behaves so; what it has begun it ends as before. */
  play(script: PeerScript): Promise<void>
  close(): Promise<void>
}

/** Starts a peer; `port` 0 takes any that is free. */
export async function startMemberlistPeer(
  script: PeerScript,
  address: Ip,
  port: number,
): Promise<MemberlistPeer> {
  const peer = new Peer(script, address, port)
  await peer.play(script)
  return peer
}

class Peer implements MemberlistPeer {
  readonly asked: Asked[] = []
  readonly refused: string[] = []
  readonly #address: Ip
  readonly #open = new Set<Socket>()
  #port: number
  #script: PeerScript
  #server: Server | null = null
  #packets: PacketSocket | null = null

  constructor(script: PeerScript, address: Ip, port: number) {
    this.#script = script
    this.#address = address
    this.#port = port
  }

  get port(): number {
    return this.#port
  }

  async play(script: PeerScript): Promise<void> {
    this.#script = script
    if (script.conduct === 'refused') await this.close()
    else if (!this.#server) await this.#listen()
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    const closing = [this.#server, this.#packets].flatMap((one) => (one ? [once(one.close(), 'close')] : []))
    ;[this.#server, this.#packets] = [null, null]
    await Promise.all(closing)
  }

  async #listen(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket))
    await once(server.listen(this.#port, this.#address), 'listening')
    const bound = server.address()
    if (typeof bound === 'object' && bound) this.#port = bound.port
    const packets = createSocket(isIpv4(this.#address) ? 'udp4' : 'udp6')
    packets.on('message', (bytes, from) => void this.#hear(bytes, from))
    packets.bind(this.#port, this.#address)
    await once(packets, 'listening')
    ;[this.#server, this.#packets] = [server, packets]
  }

  #accept(socket: Socket): void {
    this.#open.add(socket)
    socket.on('close', () => this.#open.delete(socket))
    socket.on('error', () => {})
    let heard = Buffer.alloc(0)
    socket.on('data', (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes])
      const request = this.#requestIn(heard)
      if (request === undefined) return
      socket.removeAllListeners('data')
      socket.resume()
      void this.#answer(socket, request)
    })
  }

  /** The message on a stream, or the words of memberlist's refusal; undefined: it has not all come. */
  #requestIn(heard: Buffer): Uint8Array | string | undefined {
    const { key, label, verifyIncoming } = this.#script
    const header = labelHeader(label)
    if (heard.length <= header.length) return undefined
    if (!heard.subarray(0, header.length).equals(header) || (label === '' && heard[0] === 244)) return ''
    const frame = heard.subarray(header.length)
    if (frame[0] !== 10) {
      const isRefused = key !== null && verifyIncoming
      return isRefused ? 'Encryption is configured but remote state is not encrypted' : frame
    }
    if (!key) return 'Remote state is encrypted and encryption is not configured'
    if (frame.length < 5 || frame.length < 5 + frame.readUInt32BE(1)) return undefined
    const authenticated = Buffer.concat([frame.subarray(0, 5), Buffer.from(label)])
    return unsealed(frame.subarray(5), key, authenticated) ?? 'No installed keys could decrypt the message'
  }

  async #answer(socket: Socket, request: Uint8Array | string): Promise<void> {
    if (typeof request === 'string') {
      this.refused.push(request)
      return void (request === '' ? socket.end() : socket.end(this.#framed(errorAnswer(request))))
    }
    const asked = readRequest(request)
    this.asked.push(asked)
    if (asked.kind === 'member-list') await ANSWER[this.#script.conduct](socket, this.#script)
    else if (asked.kind === 'ping' && this.#isMine(asked.name))
      socket.end(this.#framed(ackAnswer(asked.sequence)))
    else socket.end()
  }

  async #hear(bytes: Buffer, from: RemoteInfo): Promise<void> {
    const { packets, conduct, key, label } = this.#script
    if (packets === 'dropped' || conduct === 'silent') return
    const plain = key ? unsealed(bytes.subarray(labelHeader(label).length), key, Buffer.from(label)) : bytes
    if (!plain) return void this.refused.push('packet')
    const asked = readRequest(plain)
    this.asked.push(asked)
    if (asked.kind === 'ping' && this.#isMine(asked.name)) this.#send(ackAnswer(asked.sequence), from)
    if (asked.kind === 'indirect-ping') this.#send(await this.#pinged(asked), from)
  }

  async #pinged({ sequence, target }: Extract<Asked, { kind: 'indirect-ping' }>): Promise<Uint8Array> {
    if (this.#script.reaches(target)) return ackAnswer(sequence)
    await sleep(this.#script.probeTimeoutMs)
    return nackAnswer(sequence)
  }

  #send(answer: Uint8Array, { address, port }: RemoteInfo): void {
    const { label, gossip } = this.#script
    const key = answerKey(this.#script)
    const message = gossip.length === 0 ? answer : compound([answer, ...gossip.map(aliveGossip)])
    const inner = key ? sealedPacket(message, { key }, Buffer.from(label)) : message
    this.#packets?.send(Buffer.concat([labelHeader(label), inner]), port, address)
  }

  #framed(message: Uint8Array): Uint8Array {
    return framed(compressed(message), this.#script)
  }

  #isMine(name: string): boolean {
    return name === '' || name === this.#script.name
  }
}

function labelHeader(label: string): Buffer {
  return label === ''
    ? Buffer.alloc(0)
    : Buffer.concat([Uint8Array.of(244, Buffer.byteLength(label)), Buffer.from(label)])
}
