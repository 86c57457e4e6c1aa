import type { Ip } from '../../core/ip.ts'

/** A speaker's metrics as the lab tells them to the process on its node: plain data. */
export interface MetricsTold {
  readonly node: string
  readonly address: Ip
  readonly port: number
  /** How it shows them to those alone who may see them; null: by plain HTTP, to whoever asks. */
  readonly guard: Guard | null
  readonly conduct: 'honest' | 'refused' | 'silent' | 'denied'
  /** Address → the Services that it is announced for, whoever announces it. */
  readonly services: Readonly<Record<Ip, readonly string[]>>
  /** What it has won and answers for on no NIC: it says that it announces these too (speaker/main.go). */
  readonly failed: readonly { readonly ip: Ip; readonly service: string }[]
  readonly config: 'loaded' | 'stale' | 'none'
  /** Another number is another process, whose counters begin at nothing. */
  readonly start: number
}

/** PEM texts, and whom it asks whether a token is good. */
export interface Guard {
  readonly cert: string
  readonly key: string
  readonly reviews: Reviews
}

export interface Reviews {
  /** The API server, and its authority. */
  readonly url: string
  readonly ca: string
  /** The speaker's own. */
  readonly token: string
}
