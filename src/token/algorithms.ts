/** All knowledge of signature algorithms, in one table. Nothing else asks which algorithm it is. */

/** JWS algorithms that Sojourn makes and checks (RFC 7518 §3, RFC 8037, RFC 9864). `EdDSA` and `Ed25519` name the same one. */
export type SignatureAlgorithm = 'ES256' | 'ES384' | 'RS256' | 'PS256' | 'EdDSA' | 'Ed25519' | 'HS256'

type KeyType = 'EC' | 'RSA' | 'OKP' | 'oct'

/** What the platforms need to be told in order to use one algorithm. */
interface Algorithm {
  readonly kty: KeyType
  /** The one curve; null for RSA and HMAC. */
  readonly crv: 'P-256' | 'P-384' | 'Ed25519' | null
  /** Bytes of a coordinate; 0 for RSA and HMAC. */
  readonly coordinateBytes: number
  /** node:crypto's digest; null where the algorithm has its own. */
  readonly digest: 'sha256' | 'sha384' | null
  /** What `crypto.verify` and `crypto.sign` take beside the key. */
  readonly nodeOptions: { readonly padding: number; readonly saltLength: number } | null
  /** Web Crypto's name for the key. */
  readonly webKey: { readonly name: string; readonly hash?: string; readonly namedCurve?: string }
  /** Web Crypto's name for the operation. */
  readonly webOperation: { readonly name: string; readonly hash?: string; readonly saltLength?: number }
}

/** Sizes of an RSA modulus in bits; the upper bound keeps a published key from costing a second per check. */
export const RSA_BITS = { min: 2048, max: 8192 } as const

/** An HMAC key is at least as long as the hash (RFC 7518 §3.2). */
export const HMAC_MIN_BYTES = 32

// node:crypto's constants.RSA_PKCS1_PSS_PADDING; the seam does not carry constants.
const PSS_PADDING = 6

const edwards: Algorithm = {
  kty: 'OKP',
  crv: 'Ed25519',
  coordinateBytes: 32,
  digest: null,
  nodeOptions: null,
  webKey: { name: 'Ed25519' },
  webOperation: { name: 'Ed25519' },
}

/** The table. The salt of PSS is as long as its hash (RFC 7518 §3.5). */
export const ALGORITHMS: Readonly<Record<SignatureAlgorithm, Algorithm>> = {
  ES256: {
    kty: 'EC',
    crv: 'P-256',
    coordinateBytes: 32,
    digest: 'sha256',
    nodeOptions: null,
    webKey: { name: 'ECDSA', namedCurve: 'P-256' },
    webOperation: { name: 'ECDSA', hash: 'SHA-256' },
  },
  ES384: {
    kty: 'EC',
    crv: 'P-384',
    coordinateBytes: 48,
    digest: 'sha384',
    nodeOptions: null,
    webKey: { name: 'ECDSA', namedCurve: 'P-384' },
    webOperation: { name: 'ECDSA', hash: 'SHA-384' },
  },
  RS256: {
    kty: 'RSA',
    crv: null,
    coordinateBytes: 0,
    digest: 'sha256',
    nodeOptions: null,
    webKey: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    webOperation: { name: 'RSASSA-PKCS1-v1_5' },
  },
  PS256: {
    kty: 'RSA',
    crv: null,
    coordinateBytes: 0,
    digest: 'sha256',
    nodeOptions: { padding: PSS_PADDING, saltLength: 32 },
    webKey: { name: 'RSA-PSS', hash: 'SHA-256' },
    webOperation: { name: 'RSA-PSS', saltLength: 32 },
  },
  EdDSA: edwards,
  Ed25519: edwards,
  HS256: {
    kty: 'oct',
    crv: null,
    coordinateBytes: 0,
    digest: 'sha256',
    nodeOptions: null,
    webKey: { name: 'HMAC', hash: 'SHA-256' },
    webOperation: { name: 'HMAC' },
  },
}

/** What a verifier accepts unless it is told: every asymmetric one. A shared secret has to be asked for by name. */
export const DEFAULT_ALGORITHMS: readonly SignatureAlgorithm[] = [
  'ES256',
  'EdDSA',
  'Ed25519',
  'RS256',
  'PS256',
  'ES384',
]

export function isSignatureAlgorithm(value: unknown): value is SignatureAlgorithm {
  return typeof value === 'string' && Object.hasOwn(ALGORITHMS, value)
}

/** Whether two names mean the same algorithm (RFC 9864: `Ed25519` is `EdDSA` over that curve). */
export function isSameAlgorithm(a: SignatureAlgorithm, b: SignatureAlgorithm): boolean {
  return a === b || (ALGORITHMS[a] === edwards && ALGORITHMS[b] === edwards)
}
