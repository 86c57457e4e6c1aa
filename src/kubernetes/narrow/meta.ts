import type { EpochMs, LabelSelector, Labels } from '../../core/cluster.ts'
import { at, list, rawOf, text, textMap, texts, time } from '../raw.ts'

/** What `metadata` says of any object. */
export interface Meta {
  readonly namespace: string
  readonly name: string
  readonly labels: Labels
  readonly createdAt: EpochMs | null
  readonly deletedAt: EpochMs | null
}

export function metaOf(object: unknown): Meta {
  const metadata = at(object, 'metadata')
  return {
    namespace: text(at(metadata, 'namespace')) ?? '',
    name: text(at(metadata, 'name')) ?? '',
    labels: textMap(at(metadata, 'labels')),
    createdAt: time(at(metadata, 'creationTimestamp')),
    deletedAt: time(at(metadata, 'deletionTimestamp')),
  }
}

/** A part of an object, as managedFields names it: `spec`, `metadata labels`. */
export type Part = readonly string[]

export const SPEC: readonly Part[] = [['spec']]
export const LABELS: Part = ['metadata', 'labels']
export const ANYTHING: readonly Part[] = [[]]

/**
 * When somebody last changed one of these parts: the newest time of the managers that own some of it, or else its
 * creation. Others rewrite the rest all the time (a kubelet its status, Rancher its annotations). Null where nobody is
 * named as a manager: then nothing is known.
 */
export function changedAt(object: unknown, parts: readonly Part[]): EpochMs | null {
  const entries = managed(object)
  if (entries.length === 0) return null
  const times = entries.filter((entry) => owns(entry, parts)).map((entry) => time(at(entry, 'time')))
  return newest([time(at(object, 'metadata', 'creationTimestamp')), ...times])
}

/**
 * An entry for the status alone says nothing of labels that it carries along. Before Kubernetes 1.22 one entry held
 * both, and its time is that of a heartbeat.
 */
function owns(entry: unknown, parts: readonly Part[]): boolean {
  const isOfStatus = at(entry, 'subresource') === 'status' || at(entry, 'fieldsV1', 'f:status') !== undefined
  return parts
    .filter(([first]) => first === undefined || first === 'status' || !isOfStatus)
    .some((part) => at(entry, 'fieldsV1', ...part.map((key) => `f:${key}`)) !== undefined)
}

/** Who last wrote a field of the status: the manager of the newest entry that names it. */
export function statusWriter(object: unknown, field: string): string | null {
  const writers = managed(object)
    .filter((entry) => at(entry, 'fieldsV1', 'f:status', `f:${field}`) !== undefined)
    .map((entry) => ({ manager: text(at(entry, 'manager')), at: time(at(entry, 'time')) ?? 0 }))
    .sort((a, b) => b.at - a.at)
  return writers[0]?.manager ?? null
}

function managed(object: unknown): readonly unknown[] {
  return list(at(object, 'metadata', 'managedFields'))
}

export function newest(times: readonly (EpochMs | null)[]): EpochMs | null {
  const known = times.filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}

export function selectorOf(value: unknown): LabelSelector {
  return {
    matchLabels: textMap(at(value, 'matchLabels')),
    matchExpressions: list(at(value, 'matchExpressions')).map((entry) => ({
      key: text(at(entry, 'key')) ?? '',
      operator: text(at(entry, 'operator')) ?? '',
      values: texts(at(entry, 'values')),
    })),
  }
}

export function selectorsOf(value: unknown): readonly LabelSelector[] {
  return list(value).map(selectorOf)
}

/** Whether it is an object at all, with a name. */
export function isNamed(object: unknown): boolean {
  return text(at(rawOf(object), 'metadata', 'name')) !== null
}
