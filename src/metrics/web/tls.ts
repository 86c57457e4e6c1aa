import { X509Certificate } from 'node:crypto'
import {
  createSecureContext,
  type PeerCertificate,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls'
import type { Source, TlsConfig } from './config.ts'

/** The files of a TLS configuration, opened. Throws in OpenSSL's words where they do not fit together. */
export function secureOptions(tls: TlsConfig, read: (source: Source) => string): SecureContextOptions {
  const options: SecureContextOptions = {
    cert: certificates(read(tls.cert)),
    key: read(tls.key),
    minVersion: tls.minVersion,
    maxVersion: tls.maxVersion,
    honorCipherOrder: tls.preferServerCiphers,
    ...(tls.clientCa && { ca: certificates(read(tls.clientCa)) }),
    ...(tls.ciphers !== null && { ciphers: tls.ciphers }),
    ...(tls.curves !== null && { ecdhCurve: tls.curves }),
  }
  createSecureContext(options)
  return options
}

/** Node takes an empty text for none given, and trusts its own authorities instead. */
function certificates(pem: string): string {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []
  // each is read, so that one that is broken is not passed over
  if (blocks.map((block) => new X509Certificate(block)).length === 0)
    throw new Error('a file holds no certificate')
  return pem
}

/**
 * Whether a client's certificate does. Asked here and not by OpenSSL, so that a file that changed holds from the next
 * connection on: `authorized` says that the certificate was verified.
 */
export function mayEnter(socket: TLSSocket, { clientAuth, allowedSans }: TlsConfig): boolean {
  const given = socket.getPeerCertificate() as PeerCertificate | Record<string, never>
  const isGiven = given['raw'] !== undefined
  if (isGiven && allowedSans.length > 0 && !namesOf(given).some((name) => allowedSans.includes(name)))
    return false
  if (clientAuth === 'RequireAnyClientCert') return isGiven
  if (clientAuth === 'VerifyClientCertIfGiven') return !isGiven || socket.authorized
  return clientAuth === 'RequireAndVerifyClientCert' ? socket.authorized : true
}

/** `DNS:prometheus, IP Address:10.0.0.1` → the names alone. */
function namesOf({ subjectaltname = '' }: { readonly subjectaltname?: string }): readonly string[] {
  return subjectaltname.split(', ').map((name) => name.slice(name.indexOf(':') + 1))
}
