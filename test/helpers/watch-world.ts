import { ipv4Of, parsePrefix, type Ip } from '../../src/core/ip.ts'
import { BROADCAST_MAC, type Mac } from '../../src/core/mac.ts'
import { seededRandom, type Random } from '../../src/core/random.ts'
import { TEMPO, type Tempo } from '../../src/core/watch/budget.ts'
import { loadsOf } from '../../src/core/watch/loads.ts'
import { planOf } from '../../src/core/watch/plan.ts'
import {
  newSchedule,
  step,
  type Ended,
  type Happening,
  type Missed,
  type Question,
  type Schedule,
} from '../../src/core/watch/schedule.ts'
import {
  assign,
  type Assignment,
  type Daemon,
  type Place,
  type Vantages,
  watchedBy,
} from '../../src/core/watch/vantages.ts'

/** Daemons, nodes and VIPs on one segment, in a time of their own: who asks whom when, counted at each port. */

export const LAN = parsePrefix('10.0.0.0/8')!
export const vipOf = (i: number): Ip => ipv4Of(0x0a_01_00_00 + i)
export const hostOf = (i: number): Ip => ipv4Of(0x0a_02_00_00 + i)
export const nodeOf = (i: number): string => `node-${i}`
export const macOf = (i: number): Mac =>
  `02:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}` as Mac

export interface Setting {
  readonly nodes: number
  readonly vips: number
  readonly seed: number
  readonly count?: Vantages
  readonly tempo?: Tempo
  /** Which node's number answers for which VIP's. */
  readonly owner?: (vip: number) => number
  readonly passive?: boolean
}

/** Replies take a millisecond. */
const FLIGHT_MS = 1

interface Alarm {
  readonly atMs: number
  readonly run: () => void
}

export class World {
  readonly owners = new Map<Ip, number>()
  readonly dead = new Set<number>()
  /** Nobody answers for these, though their node lives. */
  readonly mute = new Set<Ip>()
  /** When each port sent a frame of ARP, by node; broadcasts apart. */
  readonly frames = new Map<string, number[]>()
  broadcasts = 0
  unicasts = 0
  replies = 0
  wakeUps = 0
  readonly ended: (Ended & { readonly daemon: number; readonly atMs: number })[] = []
  readonly missed: (Missed & { readonly daemon: number; readonly atMs: number })[] = []
  readonly asked = new Map<string, number[]>()
  readonly schedules: Schedule[] = []
  assignment: Assignment = new Map()
  nowMs = 0
  /** Off in a long run: what is told apart by address takes memory. */
  keepsAsked = true
  onEnded: (daemon: number, ended: Ended, atMs: number) => void = (daemon, ended, atMs) =>
    this.ended.push({ ...ended, daemon, atMs })
  readonly setting: Setting
  readonly random: Random
  readonly #alarms = new Heap()
  readonly #numbers = new Map<Ip, number>()

  constructor(setting: Setting) {
    this.setting = setting
    this.random = seededRandom(setting.seed)
    for (let i = 0; i < setting.nodes; i++) {
      this.schedules.push(newSchedule(0))
      this.frames.set(nodeOf(i), [])
      this.#numbers.set(hostOf(i), i)
    }
    for (let i = 0; i < setting.vips; i++) this.owners.set(vipOf(i), setting.owner?.(i) ?? i % setting.nodes)
  }

  /** Who lives, and who should answer, as every daemon reads it. */
  places(expected: (vip: Ip) => number = (vip) => this.owners.get(vip)!): Place[] {
    return [...this.owners.keys()].map((vip) => ({
      vip,
      answerers: [nodeOf(expected(vip))],
      segments: [LAN],
    }))
  }

  /** Hands each daemon its plan, within so many milliseconds. */
  replan(withinMs = 0, places = this.places(), live = this.schedules.map((_, i) => i)): void {
    const { count = 2, tempo = TEMPO, passive = false } = this.setting
    const daemons: Daemon[] = live.map((i) => ({ node: nodeOf(i), segments: [LAN] }))
    const assignment = (this.assignment = assign(daemons, places, count))
    const nodes = new Map(this.schedules.map((_, i) => [nodeOf(i), { ip: hostOf(i), mac: macOf(i) }]))
    const shared = {
      loads: loadsOf(assignment, places, tempo),
      tempo,
      nodes,
      strangers: new Map(),
      canaries: [],
      passive,
    }
    for (const i of live) {
      const plan = planOf({ ...shared, me: nodeOf(i), mine: watchedBy(nodeOf(i), assignment, places) })
      this.at(this.nowMs + this.random.next() * withinMs, () => this.happen(i, { what: 'plan', plan }))
    }
  }

  at(atMs: number, run: () => void): void {
    this.#alarms.push({ atMs, run })
  }

  run(untilMs: number): void {
    for (let alarm = this.#alarms.peek(); alarm && alarm.atMs <= untilMs; alarm = this.#alarms.peek()) {
      this.#alarms.pop()
      this.nowMs = Math.max(this.nowMs, alarm.atMs)
      alarm.run()
    }
    this.nowMs = untilMs
  }

  /** A daemon on a dead node does nothing more. */
  happen(i: number, happening: Happening): void {
    if (this.dead.has(i)) return
    const { schedule, questions, missed, ended } = step(
      this.schedules[i]!,
      happening,
      this.nowMs,
      this.random,
    )
    this.schedules[i] = schedule
    for (const one of missed) this.missed.push({ ...one, daemon: i, atMs: this.nowMs })
    for (const one of ended) this.onEnded(i, one, this.nowMs)
    for (const question of questions) this.#ask(i, question)
    const { wakeMs } = schedule
    if (wakeMs < Infinity)
      this.at(wakeMs, () => {
        if (this.schedules[i]!.wakeMs !== wakeMs) return // called sooner, by something else
        this.wakeUps++
        this.happen(i, { what: 'time' })
      })
  }

  /** The new owner announces itself as MetalLB does: each 1.1 s for 5 s, two frames each time. */
  announce(vip: Ip, owner: number): void {
    this.owners.set(vip, owner)
    for (let k = 0; k < 5; k++)
      this.at(this.nowMs + k * 1100, () => {
        if (this.owners.get(vip) !== owner || this.dead.has(owner)) return
        for (let i = 0; i < this.schedules.length; i++)
          if (i !== owner)
            this.happen(i, {
              what: 'heard',
              heard: { ip: vip, mac: macOf(owner), how: 'gratuitous', isExpected: true },
            })
      })
  }

  #ask(asker: number, { ip, to, mode }: Question): void {
    this.#frame(asker)
    if (mode === 'broadcast') this.broadcasts++
    else this.unicasts++
    if (this.keepsAsked && mode === 'broadcast') {
      const key = `${asker} ${ip}`
      this.asked.set(key, [...(this.asked.get(key) ?? []), this.nowMs])
    }
    const answerer = this.owners.get(ip) ?? this.#numbers.get(ip)!
    const hears =
      !this.dead.has(answerer) && !this.mute.has(ip) && (to === BROADCAST_MAC || to === macOf(answerer))
    if (!hears) return
    this.replies++
    this.at(this.nowMs + FLIGHT_MS, () => {
      this.#frame(answerer)
      this.happen(asker, {
        what: 'heard',
        heard: { ip, mac: macOf(answerer), how: 'reply', isExpected: true },
      })
    })
  }

  #frame(node: number): void {
    this.frames.get(nodeOf(node))!.push(this.nowMs)
  }
}

/** The most of these moments that lie in one window of so many milliseconds. */
export function mostWithin(moments: readonly number[], windowMs: number): number {
  let [most, from] = [0, 0]
  for (let to = 0; to < moments.length; to++) {
    while (moments[to]! - moments[from]! >= windowMs) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}

/** Alarms by time, those of one moment in the order in which they were set. */
class Heap {
  readonly #items: (Alarm & { readonly order: number })[] = []
  #order = 0

  peek(): Alarm | undefined {
    return this.#items[0]
  }

  push(alarm: Alarm): void {
    const items = this.#items
    items.push({ ...alarm, order: this.#order++ })
    for (let i = items.length - 1; i > 0;) {
      const up = (i - 1) >> 1
      if (!this.#isBefore(i, up)) break
      this.#swap(i, up)
      i = up
    }
  }

  pop(): void {
    const items = this.#items
    const last = items.pop()!
    if (items.length === 0) return
    items[0] = last
    for (let i = 0; ;) {
      const [left, right] = [2 * i + 1, 2 * i + 2]
      let first = i
      if (left < items.length && this.#isBefore(left, first)) first = left
      if (right < items.length && this.#isBefore(right, first)) first = right
      if (first === i) return
      this.#swap(i, first)
      i = first
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#items[a]!, this.#items[b]!]
    return x.atMs < y.atMs || (x.atMs === y.atMs && x.order < y.order)
  }

  #swap(a: number, b: number): void {
    const items = this.#items
    ;[items[a], items[b]] = [items[b]!, items[a]!]
  }
}
