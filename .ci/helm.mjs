// Helm itself, built once from its Go modules. npm and Debian have none, and its own installer downloads from elsewhere.
// `node .ci/helm.mjs` asks whether it is there: exit 0 or 1.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { goProgram } from './go-once.mjs'
import { root } from './build.mjs'

const source = join(root, '.ci/helm')
const [, version] = /helm\.sh\/helm\/v3 (v\S+)/.exec(readFileSync(join(source, 'go.mod'), 'utf8'))

export const helm = goProgram({
  name: 'helm',
  source,
  files: ['go.mod', 'go.sum'],
  package: 'helm.sh/helm/v3/cmd/helm',
  flags: `-X helm.sh/helm/v3/internal/version.version=${version}`,
  go: [1, 24],
  say: `Building helm ${version} from its Go modules, once: about 3 minutes on two cores.`,
})

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = helm.isBuilt() ? 0 : 1
