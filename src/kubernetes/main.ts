// The face of this edge, and a bundle of its own: whoever needs no cluster pays nothing for it.
export { type Cluster, openCluster, readCluster } from './cluster.ts'
export type { ClusterWatch, FollowOptions } from './follow.ts'
export type { KubeconfigOptions, Places } from './kubeconfig.ts'
export type { Chances, ClusterOptions, ReadOptions } from './read.ts'
export type { MemberlistSecret } from './secret.ts'
export type { Health, SourceStatus } from './source.ts'
export type { MetricsToken } from './token.ts'
