/** One rule, broken on purpose. */
export interface Mutation {
  /** What is no longer so. */
  readonly breaks: string
  /** In src/announcers/metallb/, or src/core/ when it says so. */
  readonly file: string
  readonly from: string
  readonly to: string
}

const SELECTED = "if (!ads.some(({ nodes }) => nodes.has(node.name))) return 'not-selected'"

export const MUTATIONS: readonly Mutation[] = [
  // the hash, and the text that is hashed
  {
    breaks: 'smallest hash first',
    file: 'election.ts',
    from: 'a.hash < b.hash ? -1 : 1',
    to: 'a.hash < b.hash ? 1 : -1',
  },
  { breaks: 'score before hash', file: 'election.ts', from: 'b.score - a.score ||', to: '0 ||' },
  {
    breaks: 'higher score first',
    file: 'election.ts',
    from: 'b.score - a.score ||',
    to: 'a.score - b.score ||',
  },
  { breaks: 'node before address', file: 'election.ts', from: '`${node}#${text}`', to: '`${text}#${node}`' },
  { breaks: 'no newline behind', file: 'election.ts', from: '`${node}#${text}`', to: '`${node}#${text}\\n`' },
  { breaks: 'the # between', file: 'election.ts', from: '`${node}#${text}`', to: '`${node}${text}`' },
  { breaks: 'SHA-256', file: 'election.ts', from: "hash('sha256'", to: "hash('sha1'" },
  {
    breaks: 'the first address decides',
    file: 'slate.ts',
    from: 'const [hashed = null] = ips',
    to: 'const hashed = ips.at(-1) ?? null',
  },
  {
    breaks: 'zero groups fold',
    file: 'core/ip.ts',
    from: 'if (length < 2) return',
    to: 'if (length < 9) return',
  },
  {
    breaks: 'a single zero group stays',
    file: 'core/ip.ts',
    from: 'if (length < 2) return',
    to: 'if (length < 1) return',
  },
  {
    breaks: 'the leftmost run folds',
    file: 'core/ip.ts',
    from: 'length > best.length',
    to: 'length >= best.length && length > 0',
  },
  {
    breaks: 'IPv4-mapped prints as IPv4',
    file: 'core/ip.ts',
    from: 'if (mapped)',
    to: 'if (mapped && bytes.length < 0)',
  },
  // endpoints
  {
    breaks: 'ready or serving (v0.14.5)',
    file: 'endpoints.ts',
    from: 'isReady || serving === true',
    to: 'isReady',
  },
  {
    breaks: 'serving, else ready (v0.14.0)',
    file: 'endpoints.ts',
    from: '(serving ?? isReady)',
    to: '(isReady || serving === true)',
  },
  {
    breaks: 'ready alone (before v0.14.0)',
    file: 'endpoints.ts',
    from: "if (rule === 'ready') return isReady",
    to: '',
  },
  {
    breaks: 'ready that is not set counts',
    file: 'endpoints.ts',
    from: 'ready !== false',
    to: 'ready === true',
  },
  { breaks: 'the gate v0.14.5', file: 'rules.ts', from: 'from(0, 14, 5)', to: 'from(0, 14, 6)' },
  {
    breaks: 'the gate v0.14.0 of the endpoint rule',
    file: 'rules.ts',
    from: "from(0, 14, 0) ? 'serving",
    to: "from(0, 13, 0) ? 'serving",
  },
  {
    breaks: 'some endpoint must serve',
    file: 'candidates.ts',
    from: "return isServed(service, ground, rules) ? null : { why: 'no-endpoint', what: '' }",
    to: 'return null',
  },
  {
    breaks: 'endpoints of the Service alone',
    file: 'endpoints.ts',
    from: '`${serviceNamespace}/${serviceName}`',
    to: '`default/${serviceName}`',
  },
  {
    breaks: 'policy Local',
    file: 'candidates.ts',
    from: "service.externalTrafficPolicy !== 'Local' ||",
    to: '',
  },
  {
    breaks: 'Local needs the endpoint to serve',
    file: 'candidates.ts',
    from: 'filter((endpoint) => canServe(endpoint, rules.endpoint))',
    to: 'filter(() => true)',
  },
  // nodes
  {
    breaks: 'exclusion label',
    file: 'candidates.ts',
    from: "if (rules.excludeLabel && Object.hasOwn(node.labels, EXCLUDE_LABEL)) return 'exclude-label'",
    to: '',
  },
  {
    breaks: 'exclusion label with any value',
    file: 'candidates.ts',
    from: 'Object.hasOwn(node.labels, EXCLUDE_LABEL)',
    to: "node.labels[EXCLUDE_LABEL] === 'true'",
  },
  {
    breaks: 'the gate of the label',
    file: 'rules.ts',
    from: 'excludeLabel: from(0, 14, 0) &&',
    to: 'excludeLabel:',
  },
  { breaks: '--ignore-exclude-lb', file: 'rules.ts', from: ' && !flags.ignoreExcludeLB', to: '' },
  {
    breaks: 'NetworkUnavailable',
    file: 'candidates.ts',
    from: "node.networkUnavailable?.status === 'True'",
    to: 'false',
  },
  {
    breaks: 'NetworkUnavailable is True alone',
    file: 'candidates.ts',
    from: "?.status === 'True'",
    to: "?.status !== 'False'",
  },
  { breaks: 'the gate of NetworkUnavailable', file: 'rules.ts', from: 'from(0, 13, 10)', to: 'true' },
  {
    breaks: 'cordon',
    file: 'candidates.ts',
    from: "if (rules.unschedulable && node.unschedulable) return 'unschedulable'",
    to: '',
  },
  {
    breaks: 'cordon in v0.14.9 alone',
    file: 'rules.ts',
    from: 'compareVersions(version, [0, 14, 9]) === 0',
    to: 'from(0, 14, 9)',
  },
  { breaks: 'some advertisement selects the node', file: 'candidates.ts', from: SELECTED, to: '' },
  { breaks: 'members alone', file: 'election.ts', from: '(isOpen || counted.has(node))', to: 'true' },
  {
    breaks: 'every Node without memberlist',
    file: 'rules.ts',
    from: "from(0, 15, 0) ? 'nodes'",
    to: "from(0, 16, 0) ? 'nodes'",
  },
  // pools, advertisements, selectors
  {
    breaks: 'all addresses in one pool',
    file: 'configuration.ts',
    from: 'ips.every((ip) => holds(pool, ip))',
    to: 'ips.some((ip) => holds(pool, ip))',
  },
  {
    breaks: 'the last address of a range',
    file: 'ranges.ts',
    from: 'compare(bytes, last) <= 0',
    to: 'compare(bytes, last) < 0',
  },
  {
    breaks: 'the first address of a range',
    file: 'ranges.ts',
    from: 'compare(first, bytes) <= 0',
    to: 'compare(first, bytes) < 0',
  },
  {
    breaks: 'both lists empty: every pool',
    file: 'configuration.ts',
    from: 'return true\n',
    to: 'return false\n',
  },
  {
    breaks: 'a list that matches nothing: no pool',
    file: 'configuration.ts',
    from: 'ad.ipAddressPools.length === 0 && ad.ipAddressPoolSelectors.length === 0',
    to: 'ad.ipAddressPools.length === 0',
  },
  {
    breaks: 'names or selectors',
    file: 'configuration.ts',
    from: 'ad.ipAddressPools.includes(pool.name) ||',
    to: 'ad.ipAddressPools.includes(pool.name) &&',
  },
  {
    breaks: 'node selectors',
    file: 'configuration.ts',
    from: 'all || matchesAny(ad.nodeSelectors, node.labels)',
    to: 'true',
  },
  {
    breaks: 'preferences within their own selection',
    file: 'configuration.ts',
    from: 'const scores = selected.map',
    to: 'const scores = nodes.map',
  },
  { breaks: 'weights add up', file: 'configuration.ts', from: 'sum + weight', to: 'Math.max(sum, weight)' },
  { breaks: 'advertisements add up', file: 'slate.ts', from: 'sum + weight', to: 'Math.max(sum, weight)' },
  {
    breaks: 'the gate of preferences',
    file: 'rules.ts',
    from: 'preferences: from(0, 16, 2)',
    to: 'preferences: from(0, 16, 0)',
  },
  {
    breaks: 'the gate of serviceSelectors',
    file: 'rules.ts',
    from: 'serviceSelectors: from(0, 16, 0)',
    to: 'serviceSelectors: true',
  },
  {
    breaks: 'serviceSelectors',
    file: 'candidates.ts',
    from: 'if (!rules.serviceSelectors) return pool.l2',
    to: 'if (rules.version) return pool.l2',
  },
  {
    breaks: 'no serviceSelectors: every Service',
    file: 'candidates.ts',
    from: 'serviceSelectors.length === 0 ||',
    to: '',
  },
  {
    breaks: 'the refusal of shared addresses',
    file: 'candidates.ts',
    from: 'rules.sharedIpRefusal && selective && sharesIp(service)',
    to: 'false',
  },
  {
    breaks: 'the gate of that refusal',
    file: 'rules.ts',
    from: 'sharedIpRefusal: from(0, 16, 2)',
    to: 'sharedIpRefusal: from(0, 16, 0)',
  },
  {
    breaks: 'both prefixes of the annotation',
    file: 'candidates.ts',
    from: "['metallb.io/allow-shared-ip', 'metallb.universe.tf/allow-shared-ip']",
    to: "['metallb.io/allow-shared-ip']",
  },
  {
    breaks: 'one advertisement without names allows all NICs',
    file: 'slate.ts',
    from: "if (ads.some(({ interfaces }) => interfaces === 'all')) return 'all'",
    to: "if (ads.every(({ interfaces }) => interfaces === 'all')) return 'all'",
  },
  {
    breaks: 'NICs of the advertisements for this node alone',
    file: 'slate.ts',
    from: 'interfacesOf(own)',
    to: 'interfacesOf(ads)',
  },
  {
    breaks: 'the gate of interfaces',
    file: 'rules.ts',
    from: 'interfaces: from(0, 13, 6)',
    to: 'interfaces: true',
  },
  {
    breaks: 'NotIn without the key',
    file: 'selectors.ts',
    from: 'value === undefined || !values.includes(value)',
    to: 'value !== undefined && !values.includes(value)',
  },
  {
    breaks: 'an entry that is no address withdraws the Service',
    file: 'standing.ts',
    from: "if (bad) return refused({ why: 'invalid-ip', what: bad.ip ?? bad.hostname ?? '' })",
    to: '',
  },
  {
    breaks: 'the class filter',
    file: 'standing.ts',
    from: "(loadBalancerClass ?? '') === lbClass",
    to: "lbClass === '' || loadBalancerClass === lbClass",
  },
  {
    breaks: 'type LoadBalancer',
    file: 'ground.ts',
    from: "({ type }) => type === 'LoadBalancer'",
    to: '() => true',
  },
  {
    breaks: 'overlapping pools are refused',
    file: 'refused.ts',
    from: 'overlapProblem(byName(cluster.pools)),',
    to: '',
  },
  // the join
  {
    breaks: 'only a node that its own view elects should answer',
    file: 'expect.ts',
    from: "membership === 'read' ? elects(node, node)",
    to: "membership === 'read' ? true",
  },
  {
    breaks: 'a node whose view was read is not possible',
    file: 'expect.ts',
    from: "membership === 'read' ? voters.map(({ by }) => by) : answerers",
    to: 'answerers',
  },
  {
    breaks: 'suspects are members',
    file: 'core/views.ts',
    from: "state !== 'dead' && state !== 'left'",
    to: "state === 'alive'",
  },
  { breaks: 'the dead are not', file: 'core/views.ts', from: "state !== 'dead' && ", to: '' },
  {
    breaks: 'releases that disagree decide nothing',
    file: 'expect.ts',
    from: 'if (disputed.length > 0)',
    to: 'if (disputed.length < 0)',
  },
  {
    breaks: 'every hypothesis must have a winner for silence to count',
    file: 'expect.ts',
    from: 'return electorate.voters.every(({ by }) => votes.some((vote) => vote.by === by && vote.elects !== null))',
    to: 'return true',
  },
  {
    breaks: 'silent nodes may have been dropped',
    file: 'hypotheses.ts',
    from: 'silentNodes.size > 0 ? [...told, ...heard] : told',
    to: 'told',
  },
  {
    breaks: 'a Node without a speaker is no member',
    file: 'hypotheses.ts',
    from: 'ready.filter((name) => listed.has(name))',
    to: 'ready',
  },
]
