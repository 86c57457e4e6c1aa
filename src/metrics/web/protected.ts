import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../clock.ts'
import type { ArpcheckError } from '../../errors.ts'
import type { ServerOptions } from '../server.ts'
import { BasicAuth } from './auth.ts'
import { WebConfigFile } from './files.ts'
import { mayEnter } from './tls.ts'

/** What a web configuration file adds to a server: TLS, passwords and headers, each as the file says at that moment. */
export function protectedBy(
  path: string,
  clock: Clock,
  onTrouble: (error: ArpcheckError) => void,
): Pick<ServerOptions, 'guard' | 'headers' | 'tls'> {
  const file = new WebConfigFile(path, onTrouble)
  const auth = new BasicAuth(clock)
  const { secure, config } = file.current()
  const parts = {
    guard: (asked: Parameters<BasicAuth['refuse']>[0]) => auth.refuse(asked, file.current().config.users),
    headers: () => file.current().config.headers,
  }
  if (!secure) return parts
  return { ...parts, tls: tlsOf(file, secure, config.tls?.clientAuth !== 'NoClientCert') }
}

function tlsOf(
  file: WebConfigFile,
  secure: NonNullable<ReturnType<WebConfigFile['current']>['secure']>,
  requestCert: boolean,
): NonNullable<ServerOptions['tls']> {
  let inForce = secure
  return {
    start: { ...secure, requestCert, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] },
    refresh: (server) => {
      const { secure: newest } = file.current()
      if (newest === null || newest === inForce) return
      inForce = newest
      server.setSecureContext(newest)
    },
    mayEnter: (socket: TLSSocket) => {
      const { tls } = file.current().config
      return tls !== null && mayEnter(socket, tls)
    },
  }
}
