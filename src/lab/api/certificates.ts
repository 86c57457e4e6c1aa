import { constants, generateKeyPair, generateKeyPairSync, privateEncrypt, randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import forge from 'node-forge'

/** PEM texts. */
export interface CertifiedKey {
  readonly cert: string
  readonly key: string
}

export interface Wanted {
  readonly commonName: string
  /** Kubernetes takes these as groups. */
  readonly organization?: string
  /** DNS names and addresses of a server; a client has none. */
  readonly names?: readonly string[]
  /** Milliseconds since 1970; a year from now where not given. */
  readonly notAfter?: number
}

/** Signs certificates that trust ends at itself. */
export interface Authority {
  readonly cert: string
  issue(wanted: Wanted): CertifiedKey
}

const DAY_MS = 86_400_000
/** A clock that is a little behind must not find a certificate of the future. */
const BACKDATED_MS = DAY_MS

/** Without `shared` keys of its own, and others for what it issues. */
export function createAuthority(commonName: string, nowMs: number, shared?: Keys): Authority {
  const own = shared ?? newKeys()
  const subject = [{ name: 'commonName', value: commonName }]
  const authority = certificate(own.public, subject, {
    notBefore: nowMs - BACKDATED_MS,
    notAfter: nowMs + 3650 * DAY_MS,
  })
  authority.setIssuer(subject)
  authority.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ])
  sign(authority, own)

  function issue({ commonName: name, organization, names, notAfter }: Wanted): CertifiedKey {
    const keys = shared ?? (leafKeys ??= newKeys())
    const groups = organization === undefined ? [] : [{ name: 'organizationName', value: organization }]
    const end = notAfter ?? nowMs + 365 * DAY_MS
    const begin = Math.min(nowMs, end) - BACKDATED_MS
    const issued = certificate(keys.public, [{ name: 'commonName', value: name }, ...groups], {
      notBefore: begin,
      notAfter: end,
    })
    issued.setIssuer(subject)
    issued.setExtensions(leafExtensions(names))
    sign(issued, own)
    return { cert: forge.pki.certificateToPem(issued), key: keys.pem }
  }

  return { cert: forge.pki.certificateToPem(authority), issue }
}

export interface Keys {
  readonly public: forge.pki.PublicKey
  readonly pem: string
}

/** A tenth of a second each; whose certificate it is tells them apart, and this is no place for secrets. */
let leafKeys: Keys | undefined

const RSA = {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
} as const

/** Node makes RSA keys in a tenth of the time that forge takes. */
export function newKeys(): Keys {
  return keysFrom(generateKeyPairSync('rsa', RSA))
}

/** The same beside other work: it takes from 0.05 to 0.7 s. */
export async function makeKeys(): Promise<Keys> {
  return keysFrom(await promisify(generateKeyPair)('rsa', RSA))
}

function keysFrom({ publicKey, privateKey }: { publicKey: string; privateKey: string }): Keys {
  return {
    public: forge.pki.publicKeyFromPem(publicKey),
    pem: privateKey,
  }
}

/** What PKCS #1 puts before a SHA-256 digest (RFC 8017, 9.2). */
const SHA256_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')

/** Node's RSA in place of forge's, which takes a tenth of a second for each signature. */
function sign(made: forge.pki.Certificate, { pem }: Keys): void {
  const key = { key: pem, padding: constants.RSA_PKCS1_PADDING }
  const signer = {
    sign: (digest: forge.md.MessageDigest) => {
      const bytes = Buffer.from(digest.digest().bytes(), 'latin1')
      return privateEncrypt(key, Buffer.concat([SHA256_INFO, bytes])).toString('latin1')
    },
  }
  made.sign(signer as unknown as forge.pki.rsa.PrivateKey, forge.md.sha256.create())
}

function certificate(
  publicKey: forge.pki.PublicKey,
  subject: forge.pki.CertificateField[],
  valid: { readonly notBefore: number; readonly notAfter: number },
): forge.pki.Certificate {
  const made = forge.pki.createCertificate()
  made.publicKey = publicKey
  // Positive, as RFC 5280 wants it.
  made.serialNumber = `01${randomBytes(8).toString('hex')}`
  made.validity.notBefore = new Date(valid.notBefore)
  made.validity.notAfter = new Date(valid.notAfter)
  made.setSubject(subject)
  return made
}

function leafExtensions(names: readonly string[] | undefined): object[] {
  const usage = { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true }
  if (names === undefined) return [usage, { name: 'extKeyUsage', clientAuth: true }]
  // Types of RFC 5280's GeneralName: 2 is a DNS name, 7 an address.
  const altNames = names.map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name }))
  return [usage, { name: 'extKeyUsage', serverAuth: true }, { name: 'subjectAltName', altNames }]
}
