import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { compressed, nodeState, pushPullAnswer, sealedFrame } from './frame.ts'
import { packLzwBomb } from './lzw.ts'
import { flag, signed, struct, text } from './msgpack.ts'
import { answerKey, type Conduct, type PeerScript } from './script.ts'

const DRIP_MS = 50
const MIB = 1024 * 1024
const BOMB_BYTES = 64 * MIB
const NOTHING = new Uint8Array(0)
const PIECE = Buffer.alloc(64 * 1024, 0x61)

/** Answers a push/pull in the manner of the script. */
export const ANSWER: Readonly<Record<Conduct, (socket: Socket, script: PeerScript) => void | Promise<void>>> =
  {
    honest: (socket, script) => void socket.end(framed(compressed(pushPullAnswer(script.members)), script)),
    refused: (socket) => void socket.destroy(),
    silent: () => {},
    closing: (socket) => void socket.end(),
    resetting: (socket, script) => {
      const answer = framed(compressed(pushPullAnswer(script.members)), script)
      socket.write(answer.subarray(0, answer.length >> 1), () => socket.resetAndDestroy())
    },
    'slow-drip': async (socket, script) => {
      for (const byte of framed(compressed(pushPullAnswer(script.members)), script)) {
        if (socket.destroyed) return
        socket.write(Uint8Array.of(byte))
        await sleep(DRIP_MS)
      }
      socket.end()
    },
    endless: (socket) => pour(socket, pushPullHeader(16_000), manyStates()),
    'endless-bytes': (socket) => pour(socket, Buffer.concat([pushPullHeader(1), longName()]), PIECE),
    'four-gib': (socket) => pour(socket, Uint8Array.of(10, 0xff, 0xff, 0xff, 0xff), PIECE),
    'sealed-noise': (socket) => pour(socket, Uint8Array.of(10, 0, 0x80, 0, 0, 1), PIECE),
    widest: (socket, script) => {
      const [packed, expanded] = script.key ? [7 * MIB, 28 * MIB] : [20 * MIB, 23 * MIB]
      const padding = Buffer.alloc(packed)
      socket.end(framed(compressed(NOTHING, Buffer.concat([packLzwBomb(expanded), padding])), script))
    },
    bomb: (socket, script) => {
      socket.end(framed(compressed(NOTHING, packLzwBomb(BOMB_BYTES)), script))
    },
    'negative-count': (socket, script) =>
      void socket.end(framed(compressed(pushPullAnswer(script.members, undefined, -1)), script)),
    'huge-count': (socket, script) =>
      void socket.end(framed(compressed(pushPullAnswer(script.members, undefined, 16_000)), script)),
    garbage: (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  }

/** A message as it goes onto a stream. */
export function framed(message: Uint8Array, script: PeerScript): Uint8Array {
  const key = answerKey(script)
  return key ? sealedFrame(message, { key }, Buffer.from(script.label)) : message
}

function pushPullHeader(count: number): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(6),
    struct({ Nodes: signed(count), UserStateLen: signed(0), Join: flag(false) }),
  ])
}

/** Valid members, so long that 16,000 of them are more than anybody may read. */
function manyStates(): Uint8Array {
  const state = nodeState({ name: 'a', address: null, meta: new Uint8Array(2000) })
  return Buffer.concat(Array.from({ length: 32 }, () => state))
}

/** The beginning of a state whose name claims two gigabytes. */
function longName(): Uint8Array {
  const named = struct({ Name: text('') })
  return Buffer.concat([named.subarray(0, -1), Uint8Array.of(0xdb, 0x7f, 0xff, 0xff, 0xff)])
}

/** Writes `start`, and then `piece` without end, as fast as it is read. */
async function pour(socket: Socket, start: Uint8Array, piece: Uint8Array): Promise<void> {
  socket.write(start)
  while (!socket.destroyed) {
    if (!socket.write(piece)) await drained(socket)
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    function done(): void {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}
