import { apiList, apiWatch } from './targets/kubernetes.ts'
import { arpcheckYaml, files, http, speakerMetrics, webConfig } from './targets/texts.ts'
import { lzw, memberlistPacket, memberlistStream, msgpack } from './targets/memberlist.ts'
import { arp, captureFile, hostTables } from './targets/wire.ts'
import type { Target } from './target.ts'

/** Every decoder of bytes from outside that is TypeScript; docs/security.md says what each reads. */
export const TARGETS: readonly Target[] = [
  arp,
  captureFile,
  hostTables,
  memberlistStream,
  memberlistPacket,
  msgpack,
  lzw,
  apiWatch,
  apiList,
  webConfig,
  arpcheckYaml,
  speakerMetrics,
  files,
  http,
]
