import { doubleBackend } from '../helpers/backend-double.ts'
import { edgeContract } from '../helpers/edge-contract.ts'

// The edge over the double. Over a real API server: test/apiserver/edge.test.ts.
edgeContract(doubleBackend, false)
