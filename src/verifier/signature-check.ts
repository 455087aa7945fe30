/** The expensive half of a verification: from a token that nobody has seen to claims that its issuer signed. */
import { decodeBase64url } from '../crypto/base64url.ts'
import { AuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { isSignatureAlgorithm } from '../token/algorithms.ts'
import { checkClaims } from '../token/claims.ts'
import type { VerifyKey } from '../token/jwk.ts'
import { type HeaderCache, type Jws, type JwsHeader, parseJws } from '../token/jws.ts'
import type { KeySource } from '../token/key-set.ts'
import type { VerifierPolicy } from './policy.ts'

/** Claims that hold at this moment, and the key that vouches for them. */
export interface Signed {
  readonly claims: JsonObject
  readonly key: VerifyKey
}

export interface SignatureCheck {
  /** undefined: I/O or Web Crypto is needed. @throws AuthError `token.*`, `keys.unavailable` */
  now(token: string): Signed | undefined
  /** @throws AuthError `token.*`, `keys.unavailable` */
  later(token: string): Promise<Signed>
  /** What a token is refused with whose key is not there. */
  unknownKey(): AuthError
}

/** Headers kept: an issuer has few, one for each of its keys. */
const MAX_HEADERS = 64

export function createSignatureCheck(source: KeySource, policy: VerifierPolicy): SignatureCheck {
  const { clock, view } = policy
  const accepted: ReadonlySet<string> = new Set(policy.algorithms)
  const headers = createHeaderCache()

  /** Structure, `typ` and `alg`: whatever can be refused before a key is looked for. */
  const read = (token: string): Jws => {
    const jws = parseJws(token, headers)
    const { type, algorithm } = jws.header
    if (type !== policy.mediaType) throw new AuthError('token.type', 'the token is of another kind')
    if (!accepted.has(algorithm)) throw new AuthError('token.algorithm', "the token's algorithm is not accepted")
    return jws
  }

  const findKey = ({ keyId, algorithm }: JwsHeader): VerifyKey | null => {
    const key = isSignatureAlgorithm(algorithm) ? source.find(keyId, algorithm) : null
    if (key?.keyId && view?.isKeyRetired(key.keyId)) {
      throw new AuthError('token.revoked', 'the key that signed the token was retired')
    }
    return key
  }

  const unknownKey = (): AuthError =>
    source.isFailing
      ? new AuthError('keys.unavailable', "the issuer's keys cannot be loaded", { retryAfterSeconds: 5 })
      : new AuthError('token.key_unknown', 'no key of the issuer fits the token')

  const accept = (jws: Jws, key: VerifyKey, isGood: boolean, now: number): Signed => {
    if (!isGood) throw badSignature(jws)
    checkClaims(jws.payload, policy, now)
    headers.keep(jws)
    return { claims: jws.payload, key }
  }

  return {
    now(token) {
      const jws = read(token)
      if (!source.isReady) return undefined
      const now = clock()
      if (now >= source.refreshAt) source.refreshSoon()
      const key = findKey(jws.header)
      if (!key) {
        if (source.mayAskAgain()) return undefined
        throw unknownKey()
      }
      if (!key.isSynchronous) return undefined
      return accept(jws, key, key.verify(jws.input, jws.signature) === true, now)
    },
    async later(token) {
      const jws = read(token)
      if (!source.isReady) await source.refresh()
      let key = findKey(jws.header)
      if (!key && source.mayAskAgain()) {
        await source.askAgain()
        key = findKey(jws.header)
      }
      if (!key) throw unknownKey()
      const isGood = await key.verify(jws.input, jws.signature)
      return accept(jws, key, isGood, clock())
    },
    unknownKey,
  }
}

/** Only a failure asks whether the text was canonical: no key accepts one that is not. */
function badSignature({ signature }: Jws): AuthError {
  return decodeBase64url(signature) === null
    ? new AuthError('token.malformed', 'the token is malformed: the signature is no canonical base64url')
    : new AuthError('token.signature', "the token's signature is wrong")
}

/** Headers of good tokens. The newest is compared first: comparing costs less than the hash that a look-up needs. */
function createHeaderCache(): HeaderCache & { keep(jws: Jws): void } {
  const headers = new Map<string, JwsHeader>()
  let last: Pick<Jws, 'headerText' | 'header'> | null = null
  return {
    get: (text) => (text === last?.headerText ? last.header : headers.get(text)),
    keep({ headerText, header }) {
      if (last?.header === header) return
      last = { headerText, header }
      if (headers.size < MAX_HEADERS) headers.set(headerText, header)
    },
  }
}
