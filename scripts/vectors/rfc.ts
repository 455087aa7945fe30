/** The examples of RFC 7515, 7516, 7517, 7519 and 7638. */
import { checkClaims } from '../../src/token/claims.ts'
import { importSigningKey, importVerifyKey, type Jwk, jwkThumbprint, publicJwk } from '../../src/token/jwk.ts'
import { parseJws } from '../../src/token/jws.ts'
import { ALL, foreign, verifyingHalf } from './compact.ts'
import type { Folder } from './files.ts'
import { HERE, type Judge } from './judge.ts'
import type { Case, Suite } from './suite.ts'

interface RfcCase {
  readonly id: string
  readonly kind: string
  readonly expected: Readonly<Record<string, string>>
  readonly token?: string
  readonly jwk?: Jwk
  readonly jwks?: { readonly keys: readonly Jwk[] }
}

export function rfcSuites(folder: Folder, judge: Judge = HERE): readonly Suite[] {
  const path = 'rfc/rfc-vectors.json'
  const { count, cases } = folder.read<{ readonly count: number; readonly cases: readonly RfcCase[] }>(path)
  return [{ file: path, numberOfTests: count, cases: cases.map((vector) => toCase(vector, judge)) }]
}

function toCase(vector: RfcCase, judge: Judge): Case {
  const { id, kind, expected, token = '', jwk = {}, jwks } = vector
  switch (kind) {
    case 'jws-compact': {
      if (expected.signature !== 'valid') return { id, wanted: 'reject', run: () => judge.compact(token, jwk) }
      const reason = foreign(jwk, headerOf(token).alg)
      const run = () => judge.compact(token, jwk)
      return { id, wanted: 'accept', run, ...(reason ? { skip: reason } : {}) }
    }
    // The signature is good, and the token has expired: strictly judged, it is refused.
    case 'jwt':
      return { id, wanted: 'accept', run: async () => (await judge.compact(token, jwk)) && areClaimsRefused(token) }
    case 'jws-general-json':
    case 'jws-flattened-json':
      return { id, wanted: 'reject', run: () => parseJws(token).input !== '' }
    case 'jwe-compact':
    case 'jwe-general-json':
    case 'jwe-flattened-json':
    case 'nested-jwt':
      return {
        id,
        wanted: 'accept',
        skip: 'encrypted (JWE): we neither make nor read it',
        run: () => parseJws(token).input !== '',
      }
    case 'jwks':
      return {
        id,
        wanted: 'accept',
        run: () => (jwks?.keys ?? []).length > 0 && (jwks?.keys ?? []).every(isTreatedRight),
      }
    case 'jwk':
      return { id, wanted: 'accept', run: () => importVerifyKey(jwk, ALL).keyId === jwk.kid }
    case 'thumbprint':
      return { id, wanted: 'accept', run: () => jwkThumbprint(jwk) === expected.thumbprint }
    default:
      throw new Error(`${id}: ${kind} is a kind of vector that is not known here`)
  }
}

/** A key for signatures imports, its private half never as one that verifies; a key for encryption never imports. */
function isTreatedRight(jwk: Jwk): boolean {
  if (jwk.use === 'enc' || foreign(jwk) !== null) return isRefused(() => importVerifyKey(verifyingHalf(jwk), ALL))
  if (jwk.kty === 'oct') return importVerifyKey(jwk, ALL).algorithm === 'HS256'
  const isPrivate = jwk.d !== undefined
  if (isPrivate && !isRefused(() => importVerifyKey(jwk, ALL))) return false
  if (isPrivate && (importSigningKey(jwk).keyId !== jwk.kid || Object.hasOwn(publicJwk(jwk), 'd'))) return false
  return importVerifyKey(verifyingHalf(jwk), ALL).keyId === jwk.kid
}

function isRefused(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch (error) {
    return error instanceof Error && error.name === 'AuthError'
  }
}

/** Whether the claims, which expired in 2011, are refused today. */
function areClaimsRefused(token: string): boolean {
  const policy = {
    issuer: 'joe',
    audience: ['anybody'],
    requiredClaims: [],
    maxLifetimeSeconds: 3600,
    clockToleranceSeconds: 0,
  }
  return isRefused(() => checkClaims(parseJws(token).payload, policy, Math.floor(Date.now() / 1000)))
}

function headerOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
}
