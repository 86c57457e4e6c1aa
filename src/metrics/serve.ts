import type { Clock } from '../clock.ts'
import type { Endpoint } from '../core/watch/config.ts'
import type { ArpcheckError } from '../errors.ts'
import { localRoutes, publicRoutes, type LocalParts, type PublicParts } from './routes.ts'
import { openServer, type OpenServer } from './server.ts'
import { protectedBy } from './web/protected.ts'

export interface ServeOptions extends PublicParts, LocalParts {
  readonly clock: Clock
  readonly listen: Endpoint
  readonly healthListen: Endpoint
  readonly webConfigFile: string | null
  /** A web configuration file, or what it names, that cannot be used: the last good one holds. */
  readonly onTrouble: (error: ArpcheckError) => void
  readonly onBug: (error: unknown) => void
}

/** Opens both ports, or throws; closing ends every socket within 2 s. */
export async function serve(options: ServeOptions): Promise<Pick<OpenServer, 'close'>> {
  const { clock, listen, healthListen, webConfigFile, onTrouble, onBug } = options
  const parts = webConfigFile === null ? {} : protectedBy(webConfigFile, clock, onTrouble)
  const local = await openServer({ ...healthListen, routes: localRoutes(options), clock, onBug })
  try {
    const open = await openServer({ ...listen, ...parts, routes: publicRoutes(options), clock, onBug })
    return { close: async () => void (await Promise.all([open.close(), local.close()])) }
  } catch (error) {
    await local.close()
    throw error
  }
}
