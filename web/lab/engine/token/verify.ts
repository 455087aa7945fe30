/** Verifies a token under a policy, by the product's own verifier; its answer in the Lab's four verdicts. */
import { AuthError, type AuthErrorCode, isAuthError } from '../../../../src/errors.ts'
import type { JsonObject } from '../../../../src/json.ts'
import { isSignatureAlgorithm, type SignatureAlgorithm } from '../../../../src/token/algorithms.ts'
import { checkClaims } from '../../../../src/token/claims.ts'
import type { Jwk } from '../../../../src/token/jwk.ts'
import { mediaType, parseJws } from '../../../../src/token/jws.ts'
import { createVerifier } from '../../../../src/verifier/verifier.ts'
import { algOf } from './header.ts'
import { KeyProblem, type KeyText, type ReadKeys, readVerifyKeys } from './keys.ts'
import { isPostQuantum, type PostQuantum, verifyPostQuantum } from './post-quantum.ts'
import { checkSignature } from './signature.ts'

export interface VerifyRequest {
  readonly token: string
  readonly key: KeyText
  readonly policy: TokenPolicy
}
/** What the caller demands. Nothing of it is taken from the token. */
export interface TokenPolicy {
  readonly algorithm: SignatureAlgorithm | PostQuantum
  /** Empty: the product's default, `at+jwt`. */
  readonly typ: string
  readonly issuer: string
  readonly audience: string
  readonly skewSeconds: number
  readonly maxLifetimeSeconds: number
  /** Seconds since 1970: what the verifier takes for now. */
  readonly now: number
}

export type VerdictWords =
  | 'Verified under this policy'
  | 'Signature matches but policy fails'
  | 'Signature does not match'
  | 'Not verified'

export interface TokenVerdict {
  readonly words: VerdictWords
  /** What fails, or why nothing can be said. */
  readonly reasons: readonly string[]
  readonly notes: readonly string[]
}

/** Never throws for what the user gave. */
export async function verifyToken({ token, key, policy }: VerifyRequest): Promise<TokenVerdict> {
  const { algorithm } = policy
  if (isPostQuantum(algorithm)) return verdictOfPostQuantum(token, key.text, algorithm)
  const reason = hopeless(token)
  if (reason !== null) return { words: 'Not verified', reasons: [reason], notes: [] }
  let read: ReadKeys
  try {
    read = await readVerifyKeys(key, algorithm)
  } catch (error) {
    return notVerified(error)
  }
  const { keys, notes } = read.isSet ? read : withKeyId(token, read)
  const refused = await refusal(token, keys, policy, algorithm)
  if (refused === null) return { words: 'Verified under this policy', reasons: [], notes }
  try {
    const { matches, weak } = await checkSignature({ token, keys, isSet: read.isSet, algorithms: [algorithm] })
    if (!matches) return { words: 'Signature does not match', reasons: [], notes }
    const reasons = weak === null ? failures(token, policy, refused) : [weak, ...failures(token, policy, null)]
    return { words: 'Signature matches but policy fails', reasons, notes }
  } catch (error) {
    return { ...notVerified(error), notes }
  }
}

/** Null: the product's verifier accepts. */
async function refusal(
  token: string,
  keys: readonly Jwk[],
  policy: TokenPolicy,
  algorithm: SignatureAlgorithm,
): Promise<unknown> {
  const { typ, issuer, audience, skewSeconds, maxLifetimeSeconds, now } = policy
  try {
    const verifier = createVerifier({
      keys: { keys },
      issuer,
      audience,
      algorithms: [algorithm],
      clock: () => now,
      clockToleranceSeconds: skewSeconds,
      maxLifetimeSeconds,
      ...(typ === '' ? {} : { typ }),
    })
    await verifier.verify(token)
    return null
  } catch (error) {
    return error
  }
}

/** Everything that the policy finds, one after the other: each check that failed is told and then lifted. */
function failures(token: string, policy: TokenPolicy, refused: unknown): readonly string[] {
  const { issuer, audience, skewSeconds, now, maxLifetimeSeconds, typ } = policy
  const reasons: string[] = []
  if (issuer === '') reasons.push('the policy names no issuer')
  if (audience === '') reasons.push('the policy names no audience')
  let payload: JsonObject
  try {
    const jws = parseJws(token)
    payload = jws.payload
    if (jws.header.type !== mediaType(typ === '' ? 'at+jwt' : typ)) reasons.push('the token is of another kind (typ)')
  } catch (error) {
    return [...reasons, messageOf(error)]
  }
  let lifted = {
    issuer: issuer === '' ? (payload.iss as string) : issuer,
    audience: audience === '' ? accepted(payload.aud) : [audience],
    requiredClaims: [],
    maxLifetimeSeconds,
    clockToleranceSeconds: skewSeconds,
  }
  let clock = now
  for (let round = 0; round < 8; round++) {
    try {
      checkClaims(payload, lifted, clock)
      break
    } catch (error) {
      reasons.push(messageOf(error))
      const code = isAuthError(error) ? error.code : null
      if (code === 'token.issuer') lifted = { ...lifted, issuer: payload.iss as string }
      else if (code === 'token.audience') lifted = { ...lifted, audience: accepted(payload.aud) }
      else if (code === 'token.expired')
        [clock, lifted] = [Number.NEGATIVE_INFINITY, { ...lifted, clockToleranceSeconds: Number.POSITIVE_INFINITY }]
      else if (code === 'token.not_yet_valid' || code === 'token.issued_in_future')
        lifted = { ...lifted, clockToleranceSeconds: Number.POSITIVE_INFINITY }
      else break
    }
  }
  return reasons.length > 0 || refused === null ? reasons : [messageOf(refused)]
}

const accepted = (aud: unknown): string[] => [aud].flat().filter((one): one is string => typeof one === 'string')

/** The caller vouches for a key that has no name: it is tried, whatever `kid` the token names. */
function withKeyId(token: string, read: ReadKeys): ReadKeys {
  const [key] = read.keys
  const keyId = headerKeyId(token)
  if (!key || key.kid !== undefined || keyId === null) return read
  return {
    ...read,
    keys: [{ ...key, kid: keyId }],
    notes: [...read.notes, 'The key has no kid: it is used whatever kid the token names.'],
  }
}

function headerKeyId(token: string): string | null {
  try {
    return parseJws(token).header.keyId
  } catch {
    return null
  }
}

async function verdictOfPostQuantum(token: string, text: string, algorithm: PostQuantum): Promise<TokenVerdict> {
  const notes = [
    'The product does not have ML-DSA. This was asked of this browser’s own Web Crypto, and no claim was checked.',
  ]
  try {
    const matches = await verifyPostQuantum(token, text, algorithm)
    if (!matches) return { words: 'Signature does not match', reasons: [], notes }
    return { words: 'Signature matches but policy fails', reasons: [`the product does not have ${algorithm}`], notes }
  } catch (error) {
    return { ...notVerified(error), notes }
  }
}

const PLAIN: Partial<Readonly<Record<AuthErrorCode, string>>> = {
  'token.algorithm': 'the token’s alg is not the one that the policy fixes: nothing was tried',
  'token.critical': 'the header holds crit, zip or b64, which the product does not know: it must be refused',
  'token.key_unknown': 'no key fits: the token names another kid, or none where several would do',
}

function notVerified(error: unknown): TokenVerdict {
  return { words: 'Not verified', reasons: [messageOf(error)], notes: [] }
}

function messageOf(error: unknown): string {
  if (error instanceof KeyProblem) return error.message
  if (error instanceof AuthError) return PLAIN[error.code] ?? error.message
  return error instanceof Error ? error.message : 'it could not be judged'
}

/** Why nobody can verify what the token says it is, whatever the policy; null: that is not so. */
function hopeless(token: string): string | null {
  const alg = algOf(token)
  if (typeof alg !== 'string') return null
  if (alg.toLowerCase() === 'none') return 'alg is none: nobody signed it'
  if (isSignatureAlgorithm(alg)) return null
  if (isPostQuantum(alg))
    return `${alg} is not an algorithm of the product; choose it in the policy to ask this browser`
  return `${alg.slice(0, 40)} is an algorithm that the product does not have`
}
