/** A mint for tests of services that only check tokens: keys, their JWKS, and tokens with any claims, good and bad ones. */
import { decodeBase64url, encodeBase64url } from '../crypto/base64url.ts'
import { hmacSha256 } from '../crypto/digest.ts'
import { randomId } from '../crypto/random.ts'
import type { AuthErrorCode } from '../errors.ts'
import type { SignatureAlgorithm } from '../token/algorithms.ts'
import { generateKey, importSigningKey, type Jwk, publicJwk, type SigningKey } from '../token/jwk.ts'

export interface TestIssuerOptions {
  /** Default `https://issuer.test`. */
  readonly issuer?: string
  /** Default `https://api.test`. */
  readonly audience?: string
  /** Default ES256. */
  readonly algorithm?: SignatureAlgorithm
  /** Seconds since 1970; default: the machine's clock. Give the verifier the same. */
  readonly clock?: () => number
}

/** Tokens that a verifier must refuse, and the code with which ours does. */
export const BAD_TOKENS = {
  expired: 'token.expired',
  'not yet valid': 'token.not_yet_valid',
  'issued in the future': 'token.issued_in_future',
  'too long-lived': 'token.lifetime',
  'another issuer': 'token.issuer',
  'another audience': 'token.audience',
  'another type': 'token.type',
  'no subject': 'token.claim_missing',
  'expiry as text': 'token.claim_invalid',
  'unknown key': 'token.key_unknown',
  'signed by somebody else': 'token.signature',
  'altered claims': 'token.signature',
  'algorithm none': 'token.malformed',
  'HMAC with the public key': 'token.algorithm',
  'unknown extension': 'token.critical',
  'claims twice': 'token.malformed',
  'no token': 'token.malformed',
} as const satisfies Readonly<Record<string, AuthErrorCode>>

export type BadToken = keyof typeof BAD_TOKENS

export interface TestIssuer {
  readonly issuer: string
  readonly audience: string
  /** The keys as a service is given them: a file, or the answer of its JWKS address. */
  readonly jwks: { readonly keys: readonly Jwk[] }
  /** For `createVerifier`: keys, issuer, audience, algorithms and clock that fit. */
  readonly verifierOptions: {
    readonly keys: { readonly keys: readonly Jwk[] }
    readonly issuer: string
    readonly audience: string
    readonly algorithms: readonly SignatureAlgorithm[]
    readonly clock: () => number
  }
  /**
   * An access token (RFC 9068) of ten minutes.
   * @param claims over the usual ones; undefined leaves one out
   * @param header over the usual members
   */
  token(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>
  /** A token that must be refused; @param claims over those of a good one, before it is spoilt */
  bad(kind: BadToken, claims?: Readonly<Record<string, unknown>>): Promise<string>
  /** From now on another key signs; `jwks` keeps the former ones. */
  rotate(): Promise<void>
}

const encoder = new TextEncoder()
const LIFETIME_SECONDS = 600
const DAY = 86_400

/** An issuer for tests of services that check tokens: good ones, and every kind of bad one (`BAD_TOKENS`). */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const { issuer = 'https://issuer.test', audience = 'https://api.test', algorithm = 'ES256' } = options
  const { clock = () => Math.floor(Date.now() / 1000) } = options
  const keys: Jwk[] = []
  let signing: SigningKey
  let current: Jwk

  const rotate = async (): Promise<void> => {
    const jwk = await generateKey(algorithm)
    signing = importSigningKey(jwk)
    current = jwk.kty === 'oct' ? jwk : publicJwk(jwk)
    keys.push(current)
  }

  const good = (change: Readonly<Record<string, unknown>>): Record<string, unknown> => {
    const now = clock()
    return {
      iss: issuer,
      sub: 'subject-1',
      aud: audience,
      exp: now + LIFETIME_SECONDS,
      iat: now,
      jti: randomId(),
      client_id: 'client-1',
      sid: randomId(),
      gen: 0,
      auth_time: now,
      ...change,
    }
  }

  const sign = async (header: unknown, payload: unknown, by = signing): Promise<string> => {
    const text = `${segment(header)}.${segment(payload)}`
    return `${text}.${await by.sign(text)}`
  }
  const headerOf = (change: Readonly<Record<string, unknown>> = {}) => ({
    alg: algorithm,
    typ: 'at+jwt',
    kid: current.kid,
    ...change,
  })
  const token: TestIssuer['token'] = (claims = {}, header = {}) => sign(headerOf(header), good(claims))

  const spoilers: Readonly<Record<BadToken, (claims: Readonly<Record<string, unknown>>) => Promise<string> | string>> =
    {
      expired: (claims) => token({ ...claims, iat: clock() - LIFETIME_SECONDS, exp: clock() - 1 }),
      'not yet valid': (claims) => token({ ...claims, nbf: clock() + DAY }),
      'issued in the future': (claims) =>
        token({ ...claims, iat: clock() + DAY, exp: clock() + DAY + LIFETIME_SECONDS }),
      'too long-lived': (claims) => token({ ...claims, exp: clock() + 400 * DAY }),
      'another issuer': (claims) => token({ ...claims, iss: `${issuer}.evil.test` }),
      'another audience': (claims) => token({ ...claims, aud: `${audience}.evil.test` }),
      'another type': (claims) => token(claims, { typ: 'JWT' }),
      'no subject': (claims) => token({ ...claims, sub: undefined }),
      'expiry as text': (claims) => token({ ...claims, exp: String(clock() + LIFETIME_SECONDS) }),
      'unknown key': (claims) => token(claims, { kid: 'nobody' }),
      'unknown extension': (claims) => token(claims, { crit: ['b64'], b64: false }),
      'no token': () => 'a.b',

      async 'signed by somebody else'(claims) {
        return sign(headerOf(), good(claims), importSigningKey(await generateKey(algorithm)))
      },
      async 'altered claims'(claims) {
        const [header, , signature] = (await token(claims)).split('.')
        return `${header}.${segment(good({ ...claims, sub: 'somebody-else' }))}.${signature}`
      },
      'algorithm none': (claims) => `${segment(headerOf({ alg: 'none' }))}.${segment(good(claims))}.`,
      'HMAC with the public key'(claims) {
        const text = `${segment(headerOf({ alg: algorithm === 'HS256' ? 'RS256' : 'HS256' }))}.${segment(good(claims))}`
        const key = decodeBase64url(String(current.x ?? current.n ?? current.k)) ?? new Uint8Array(32)
        return `${text}.${encodeBase64url(hmacSha256(key, text))}`
      },
      async 'claims twice'(claims) {
        const payload = JSON.stringify(good(claims)).replace(/\}$/, ',"sub":"somebody-else"}')
        const text = `${segment(headerOf())}.${encodeBase64url(encoder.encode(payload))}`
        return `${text}.${await signing.sign(text)}`
      },
    }

  await rotate()
  return {
    issuer,
    audience,
    get jwks() {
      return { keys: [...keys] }
    },
    get verifierOptions() {
      return { keys: { keys: [...keys] }, issuer, audience, algorithms: [algorithm], clock }
    },
    token,
    async bad(kind, claims = {}) {
      const spoil = Object.hasOwn(spoilers, kind) ? spoilers[kind] : undefined
      if (!spoil) throw new TypeError(`a bad token is one of: ${Object.keys(BAD_TOKENS).join(', ')}`)
      return spoil(claims)
    },
    rotate,
  }
}

function segment(value: unknown): string {
  return encodeBase64url(encoder.encode(JSON.stringify(value)))
}
