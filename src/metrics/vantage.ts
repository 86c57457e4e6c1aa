import { METRICS } from '../core/watch/metric-names.ts'
import type { InterfaceState, WatchState } from '../core/watch/state.ts'
import { counts, oneOrNone, some, type Sample, type SampledName, type Samples } from './view.ts'

const { mode: MODES, result: RESULTS } = METRICS.arpcheck_probes_total.labels
const { reason: DROPS } = METRICS.arpcheck_frames_dropped_total.labels
/** A node has a series of its own up to here. */
const MOST_NODES = 5000

/** What is known of this vantage, its inputs and the nodes. */
export const OF_VANTAGE = {
  arpcheck_build_info: ({ build: { version, revision, runtime } }) => [[1, version, revision, runtime]],
  arpcheck_probes_total: ofInterfaces(({ name, results }) =>
    MODES.flatMap((mode) =>
      RESULTS.map((result): Sample => [results.get(`${mode} ${result}`) ?? 0, name, mode, result]),
    ),
  ),
  arpcheck_frames_total: ofInterfaces(({ name, sent, received }) => [
    ...MODES.map((mode): Sample => [sent.get(mode) ?? 0, name, 'sent', mode]),
    [received, name, 'received', 'arp'],
  ]),
  arpcheck_frames_dropped_total: ofInterfaces(({ name, drops }) => counts(drops, DROPS, name)),
  arpcheck_rate_limit_frames_per_second: ofInterfaces(({ name, budgetPerSecond }) => [
    [budgetPerSecond, name],
  ]),
  arpcheck_canary_up: ofInterfaces(({ name, canaries }) => [
    ...oneOrNone(canaries.mustAnswer, name, 'must_answer'),
    ...oneOrNone(canaries.mustBeFree, name, 'must_be_free'),
  ]),
  arpcheck_node_answers: ({ state }) =>
    [...state.nodes].slice(0, MOST_NODES).flatMap(([node, { answers }]) => oneOrNone(answers, node)),
  arpcheck_members: ({ state }) => [...state.members].flatMap(([view, count]) => some(count, view)),
  arpcheck_membership_disagreement: ({ state }) => oneOrNone(state.membersDisagree),
  arpcheck_daemons: ({ state: { daemons } }) =>
    daemons === null
      ? []
      : [
          [daemons.recorded, 'recorded'],
          [daemons.alive, 'alive'],
        ],
  arpcheck_source_readable: ofSources(({ readable }, source) => [
    [readable === 'yes' || readable === 'absent' ? 1 : 0, source],
  ]),
  arpcheck_expectation_last_success_timestamp_seconds: ofSources(({ lastSuccessAt }, source) =>
    some(lastSuccessAt && lastSuccessAt / 1000, source),
  ),
  arpcheck_expectation_errors_total: ofSources(({ errors }, source) => counts(errors, [], source)),
  arpcheck_config_last_reload_successful: ({ state }) => oneOrNone(state.config.successful),
  arpcheck_config_last_reload_success_timestamp_seconds: ({ state }) => [[state.config.loadedAt / 1000]],
} satisfies Partial<Record<SampledName, Samples>>

function ofInterfaces(samples: (one: InterfaceState) => readonly Sample[]): Samples {
  return ({ state }) => [...state.interfaces.values()].flatMap(samples)
}

type Source = WatchState['sources'] extends ReadonlyMap<string, infer S> ? S : never

function ofSources(samples: (one: Source, name: string) => readonly Sample[]): Samples {
  return ({ state }) => [...state.sources].flatMap(([name, source]) => samples(source, name))
}
