import type { InterfaceState, WatchState } from '../core/watch/state.ts'
import { counts, oneOrNone, some, type Family, type Sample } from './family.ts'

const MODES = ['broadcast', 'unicast'] as const
const RESULTS = ['reply', 'timeout', 'error']
const DROPS = ['kernel', 'ring', 'malformed', 'rate_limit']
/** A node has a series of its own up to here. */
const MOST_NODES = 5000

/** What is known of this vantage, its inputs and the nodes. */
export const HOST_FAMILIES: readonly Family[] = [
  {
    name: 'arpcheck_build_info',
    type: 'gauge',
    labels: ['version', 'revision', 'runtime'],
    help: 'Always 1: what runs here.',
    samples: ({ build: { version, revision, runtime } }) => [[1, version, revision, runtime]],
  },
  {
    name: 'arpcheck_probes_total',
    type: 'counter',
    labels: ['interface', 'mode', 'result'],
    help: 'Questions by how they were asked (broadcast, unicast) and how they ended (reply, timeout, error).',
    samples: ofInterfaces(({ name, results }) =>
      MODES.flatMap((mode) =>
        RESULTS.map((result): Sample => [results.get(`${mode} ${result}`) ?? 0, name, mode, result]),
      ),
    ),
  },
  {
    name: 'arpcheck_frames_total',
    type: 'counter',
    labels: ['interface', 'direction', 'kind'],
    help: 'ARP frames: sent as broadcast or unicast, and received of any kind.',
    samples: ofInterfaces(({ name, sent, received }) => [
      ...MODES.map((mode): Sample => [sent.get(mode) ?? 0, name, 'sent', mode]),
      [received, name, 'received', 'any'],
    ]),
  },
  {
    name: 'arpcheck_frames_dropped_total',
    type: 'counter',
    labels: ['interface', 'reason'],
    help: 'Frames lost or set aside: by the kernel, by a full ring, as malformed, by the budget.',
    samples: ofInterfaces(({ name, drops }) => counts(drops, DROPS, name)),
  },
  {
    name: 'arpcheck_rate_limit_frames_per_second',
    type: 'gauge',
    labels: ['interface'],
    help: 'The budget of this port, frames sent and caused: compare it with rate(arpcheck_frames_total).',
    samples: ofInterfaces(({ name, budgetPerSecond }) => [[budgetPerSecond, name]]),
  },
  {
    name: 'arpcheck_canary_up',
    type: 'gauge',
    labels: ['interface', 'kind'],
    help: '1 if the canary does what it must: must_answer proves that we hear, must_be_free that nobody answers for all.',
    samples: ofInterfaces(({ name, canaries }) => [
      ...oneOrNone(canaries.mustAnswer, name, 'must_answer'),
      ...oneOrNone(canaries.mustBeFree, name, 'must_be_free'),
    ]),
  },
  {
    name: 'arpcheck_node_answers',
    type: 'gauge',
    labels: ['node'],
    help: "1 if the node's own address answers ARP; absent where nobody asked.",
    samples: ({ state }) =>
      [...state.nodes].slice(0, MOST_NODES).flatMap(([node, { answers }]) => oneOrNone(answers, node)),
  },
  {
    name: 'arpcheck_members',
    type: 'gauge',
    labels: ['view'],
    help: 'Nodes that may announce: pods_listed, pods_ready, nodes_ready, and those that the speakers read by us count.',
    samples: ({ state }) => [...state.members].flatMap(([view, count]) => some(count, view)),
  },
  {
    name: 'arpcheck_membership_disagreement',
    type: 'gauge',
    labels: [],
    help: '1 if the views elect different nodes for some VIP; absent while there is nothing to compare.',
    samples: ({ state }) => oneOrNone(state.membersDisagree),
  },
  {
    name: 'arpcheck_source_readable',
    type: 'gauge',
    labels: ['source'],
    help: '0 if an input of the expectation is denied or fails; 1 if it is read, or the cluster has no such thing.',
    samples: ofSources(({ readable }, source) => [
      [readable === 'yes' || readable === 'absent' ? 1 : 0, source],
    ]),
  },
  {
    name: 'arpcheck_expectation_last_success_timestamp_seconds',
    type: 'gauge',
    labels: ['source'],
    help: 'When the input was last known to be complete, as Unix time; absent until it was.',
    samples: ofSources(({ lastSuccessAt }, source) => some(lastSuccessAt && lastSuccessAt / 1000, source)),
  },
  {
    name: 'arpcheck_expectation_errors_total',
    type: 'counter',
    labels: ['source', 'reason'],
    help: 'Failures to read an input, by kind.',
    samples: ofSources(({ errors }, source) => counts(errors, [], source)),
  },
  {
    name: 'arpcheck_config_last_reload_successful',
    type: 'gauge',
    labels: [],
    help: '0 if the configuration could not be loaded anew: the one before it holds.',
    samples: ({ state }) => oneOrNone(state.config.successful),
  },
  {
    name: 'arpcheck_config_last_reload_success_timestamp_seconds',
    type: 'gauge',
    labels: [],
    help: 'When the configuration in force was loaded, as Unix time.',
    samples: ({ state }) => [[state.config.loadedAt / 1000]],
  },
]

function ofInterfaces(samples: (one: InterfaceState) => readonly Sample[]): Family['samples'] {
  return ({ state }) => [...state.interfaces.values()].flatMap(samples)
}

type Source = WatchState['sources'] extends ReadonlyMap<string, infer S> ? S : never

function ofSources(samples: (one: Source, name: string) => readonly Sample[]): Family['samples'] {
  return ({ state }) => [...state.sources].flatMap(([name, source]) => samples(source, name))
}
