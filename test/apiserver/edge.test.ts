import { edgeContract } from '../helpers/edge-contract.ts'
import { realBackend } from './backend.ts'
import { binary, NOT_HERE } from './real.ts'

// The edge over a real kube-apiserver, as administrator and as the ServiceAccount of deploy/rbac.yaml.
edgeContract(binary === undefined ? null : () => realBackend(binary!), NOT_HERE)
