import { startDouble } from '../../src/lab/api/double.ts'
import { apiClient } from './api-client.ts'
import type { Backend } from './backend.ts'

export async function doubleBackend(): Promise<Backend> {
  // Some fields are the server's own business in a fast test: bookmarks every second, as the real one sends at the end.
  const double = await startDouble({ habits: { bookmarkEveryMs: null, bookmarkAtEnd: true } })
  return {
    name: 'double',
    admin: apiClient(double.adminKubeconfig),
    adminKubeconfig: double.adminKubeconfig,
    kubeconfigFor: (token) => double.kubeconfigFor(token),
    restart: async () => double.restart(),
    compact: async () => double.api.store.compact(),
    freeze: () => double.wire.freeze(),
    thaw: () => double.wire.thaw(),
    close: () => double.close(),
  }
}
