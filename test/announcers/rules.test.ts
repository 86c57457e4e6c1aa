import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { flagsOf } from '../../src/announcers/metallb/flags.ts'
import { allRules, rulesOf, type Rules } from '../../src/announcers/metallb/rules.ts'
import { isNewer, versionOf, versionText } from '../../src/announcers/metallb/version.ts'
import type { ClusterSnapshot } from '../../src/core/cluster.ts'
import { cluster, daemonSet, settings, speaker } from '../helpers/cluster.ts'

const EMPTY = cluster()
const crds = (parts: Record<string, readonly string[]>): Partial<ClusterSnapshot> => ({
  capabilities: { crds: parts },
})
const rules = (version: string, made: ClusterSnapshot = EMPTY): readonly Rules[] =>
  rulesOf(settings(version), made)

suite('image → release', () => {
  for (const [image, version] of [
    ['quay.io/metallb/speaker:v0.14.5', 'v0.14.5'],
    ['quay.io/metallb/speaker:v0.14.5@sha256:0123abcd', 'v0.14.5'],
    ['registry.local:5000/metallb/speaker:v0.13.12', 'v0.13.12'],
    ['docker.io/bitnami/metallb-speaker:0.14.9-debian-12-r4', 'v0.14.9'],
    ['rancher/mirrored-metallb-speaker:v0.16.1', 'v0.16.1'],
    ['quay.io/metallb/speaker:v0.17.0-rc.1', 'v0.17.0'],
    ['quay.io/metallb/speaker:main', undefined],
    ['quay.io/metallb/speaker', undefined],
    ['registry.local:5000/metallb/speaker', undefined],
    ['registry.redhat.io/openshift4/metallb-rhel9@sha256:0123abcd', undefined],
    ['registry.redhat.io/openshift4/metallb-rhel9:v4.16.0', undefined],
    [`${':x@'.repeat(400_000)}\n`, undefined],
  ] as const) {
    test(`${image.slice(0, 80)} → ${version ?? 'not told'}`, () => {
      const found = versionOf(image)
      assert.equal(found && versionText(found), version)
    })
  }

  test('v0.16.3 is newer than the rules known here, v0.16.2 is not', () =>
    assert.deepEqual(['x:v0.16.3', 'x:v0.16.2', 'x:main'].map(isNewer), [true, false, false]))
})

suite('release → rules', () => {
  /** For each gate: what holds from it on, and did not in the release before. */
  for (const [from, before, field, value] of [
    ['v0.13.6', 'v0.13.5', 'interfaces', true],
    ['v0.13.10', 'v0.13.9', 'networkUnavailable', true],
    ['v0.14.0', 'v0.13.12', 'excludeLabel', true],
    ['v0.14.0', 'v0.13.12', 'endpoint', 'serving-else-ready'],
    ['v0.14.5', 'v0.14.4', 'endpoint', 'ready-or-serving'],
    ['v0.14.9', 'v0.14.8', 'unschedulable', true],
    ['v0.15.0', 'v0.14.9', 'unschedulable', false],
    ['v0.16.0', 'v0.15.3', 'serviceSelectors', true],
    ['v0.16.2', 'v0.16.1', 'preferences', true],
    ['v0.16.2', 'v0.16.1', 'sharedIpRefusal', true],
  ] as const) {
    test(`${field} is ${value} from ${from} on, and not in ${before}`, () => {
      assert.equal(rules(from)[0]![field], value)
      assert.notEqual(rules(before)[0]![field], value)
      assert.equal(rules(from).length, 1)
    })
  }

  test('v0.17.4, which is not known here, runs by the newest rules that are', () =>
    assert.deepEqual({ ...rules('v0.17.4')[0], version: '' }, { ...rules('v0.16.2')[0], version: '' }))

  test('below v0.13.0 there are no rules', () => assert.deepEqual(rules('v0.12.1'), []))
})

suite('capabilities before tags', () => {
  const FULL = {
    l2advertisements: ['interfaces', 'serviceSelectors', 'preferredNodeSelectors'],
    servicel2statuses: [],
    servicebgpstatuses: [],
    configurationstates: [],
  }

  test('an older tag under newer CRDs: with the feature and without, since vendors back-port', () => {
    const both = rules('v0.15.3', cluster(crds(FULL)))
    assert.deepEqual(
      both.map(({ serviceSelectors, preferences, sharedIpRefusal }) => [
        serviceSelectors,
        preferences,
        sharedIpRefusal,
      ]),
      [
        [false, false, false],
        [true, true, true],
      ],
    )
    assert.equal(
      both.every(({ endpoint, excludeLabel }) => endpoint === 'ready-or-serving' && excludeLabel),
      true,
    )
  })

  test('a tag and the CRDs of its own release: one set of rules', () =>
    assert.equal(rules('v0.16.2', cluster(crds(FULL))).length, 1))

  for (const [title, parts, versions] of [
    ['all that v0.16.2 has', FULL, ['v0.16.2']],
    ['no preferences', { ...FULL, l2advertisements: ['interfaces', 'serviceSelectors'] }, ['v0.16.0']],
    ['no selectors, but ConfigurationState', { ...FULL, l2advertisements: ['interfaces'] }, ['v0.15.3']],
    [
      'ServiceL2Status alone',
      { l2advertisements: ['interfaces'], servicel2statuses: [] },
      ['v0.14.4', 'v0.14.5', 'v0.14.9'],
    ],
    ['neither', { l2advertisements: ['interfaces'] }, ['v0.13.6', 'v0.13.10', 'v0.14.0']],
    ['not even interfaces', { l2advertisements: [] }, ['v0.13.0']],
  ] as const) {
    test(`a digest, and CRDs with ${title} → ${versions.join(', ')}`, () => {
      const found = rulesOf({ ...settings('x'), image: 'm/speaker@sha256:00' }, cluster(crds(parts)))
      assert.deepEqual(
        found.map(({ version }) => version),
        versions,
      )
    })
  }

  test("a digest, but the chart's label names the release → that release", () => {
    const image = 'quay.io/metallb/speaker@sha256:00'
    const made = cluster({
      speakerDaemonSets: [daemonSet('x', { image, labels: { 'app.kubernetes.io/version': 'v0.14.9' } })],
    })
    assert.deepEqual(
      rulesOf({ ...settings('x'), image }, made).map(({ version }) => version),
      ['v0.14.9'],
    )
  })

  test('nothing is known → every behaviour there has been', () => {
    const found = rulesOf(null, EMPTY)
    assert.equal(found.length, 8)
    assert.equal(new Set(found.map((one) => JSON.stringify({ ...one, version: '' }))).size, 8)
  })
})

suite('which speakers decide', () => {
  const ready = (name: string, version: string) => speaker(name, version)
  const dead = (name: string, version: string) =>
    speaker(name, version, { ready: { status: 'False', since: null } })
  const versions = (made: ClusterSnapshot) => allRules(made).map(({ version }) => version)

  test('a roll-out half done → the rules of both halves', () =>
    assert.deepEqual(versions(cluster({ speakerPods: [ready('a', 'v0.14.5'), ready('b', 'v0.14.9')] })), [
      'v0.14.5',
      'v0.14.9',
    ]))

  test('releases that decide alike → one set of rules', () =>
    assert.deepEqual(versions(cluster({ speakerPods: [ready('a', 'v0.15.2'), ready('b', 'v0.15.3')] })), [
      'v0.15.2',
    ]))

  test("a dead node's pod of the release before does not count beside Ready ones", () =>
    assert.deepEqual(versions(cluster({ speakerPods: [ready('a', 'v0.14.9'), dead('b', 'v0.14.5')] })), [
      'v0.14.9',
    ]))

  test('no pod is Ready → all that are listed', () =>
    assert.deepEqual(
      versions(cluster({ speakerPods: [dead('a', 'v0.14.9')], speakerDaemonSets: [daemonSet('v0.16.2')] })),
      ['v0.14.9'],
    ))

  test('no pods → the DaemonSet', () =>
    assert.deepEqual(versions(cluster({ speakerDaemonSets: [daemonSet('v0.16.2')] })), ['v0.16.2']))

  test('pods that differ in a flag → the rules of both', () => {
    const other = speaker('b', 'v0.16.1', settings('v0.16.1', ['--lb-class=x']))
    assert.deepEqual(
      allRules(cluster({ speakerPods: [ready('a', 'v0.16.1'), other] })).map(({ lbClass }) => lbClass),
      ['', 'x'],
    )
  })
})

suite('flags', () => {
  const flags = (args: readonly string[], env: Record<string, string | null> = {}) =>
    flagsOf({ image: 'x', args, env: { METALLB_ML_LABELS: 'a=b', METALLB_ML_BIND_ADDR: null, ...env } })

  for (const [args, lbClass] of [
    [['--lb-class=a'], 'a'],
    [['-lb-class=a'], 'a'],
    [['--lb-class', 'a'], 'a'],
    [['--lb-class=a', '--lb-class=b'], 'b'],
    [['--lb-class=a=b'], 'a=b'],
    [['--lb-class='], ''],
    [['--ml-wan-config', '--lb-class=a'], 'a'],
    [['--log-level', 'info', '--lb-class=a'], 'a'],
    [['stop', '--lb-class=a'], ''],
    [['--lb-class=$(CLASS)'], 'from-env'],
    [[`--other=${'$('.repeat(400_000)}`, '--lb-class=$(CLASS)'], 'from-env'],
  ] as const) {
    test(`${args.join(' ').slice(-80)} → class "${lbClass}"`, () =>
      assert.equal(flags(args, { CLASS: 'from-env' }).lbClass, lbClass))
  }

  for (const [title, args, env, memberlist] of [
    ['labels and bind address, by a field', [], {}, 'on'],
    ['no labels', [], { METALLB_ML_LABELS: '' }, 'off'],
    ['no bind address', [], { METALLB_ML_BIND_ADDR: '' }, 'off'],
    ['an empty flag beats the variable', ['--ml-labels='], {}, 'off'],
    ['a flag beats the empty variable', ['--ml-labels=a=b'], { METALLB_ML_LABELS: '' }, 'on'],
  ] as const) {
    test(`${title} → memberlist ${memberlist}`, () => assert.equal(flags(args, env).memberlist, memberlist))
  }

  test('neither variable is there → memberlist off', () =>
    assert.equal(flagsOf({ image: 'x', args: [], env: {} }).memberlist, 'off'))
})
