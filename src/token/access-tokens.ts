/** Mints access tokens (RFC 9068). */
import { encodeBase64url } from '../crypto/base64url.ts'
import { randomId } from '../crypto/random.ts'
import { AuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { IssuerKeys } from './issuer-keys.ts'
import type { SigningKey } from './jwk.ts'
import { MAX_TOKEN_CHARS } from './jws.ts'
import { MAX_LIFETIME_SECONDS } from './lifetime.ts'
import { PROTOCOL_CLAIMS } from './protocol-claims.ts'
import { isStrictJson } from './strict-json.ts'

export interface AccessTokenInput {
  readonly subject: string
  readonly clientId: string
  /** At least one; one alone is written as text. */
  readonly audience: readonly string[]
  readonly sessionId: string
  /** The subject's generation as read with the session. */
  readonly generation: number
  readonly scope?: string | null
  /** RFC 8693 §4.1. */
  readonly act?: JsonObject
  /** Application claims; none may be one of `PROTOCOL_CLAIMS`. */
  readonly claims?: JsonObject
  /** `jti`; default: a new one. */
  readonly tokenId?: string
  /** Its place on a Token Status List, for verifiers outside the fleet. */
  readonly status?: StatusReference | null
  /** Seconds since 1970. */
  readonly authTime?: number
  readonly acr?: string | null
  readonly amr?: readonly string[]
  /** 1 to 3600. */
  readonly lifetimeSeconds: number
  /**
   * Seconds since 1970, taken *before* the session was read: however long the issuer was paused in between, the token dies
   * in time for the revocation log to forget it.
   */
  readonly issuedAt: number
}

/** Where a token's status can be read. */
export interface StatusReference {
  readonly uri: string
  readonly index: number
}

export interface MintedAccessToken {
  readonly accessToken: string
  /** Seconds since 1970. */
  readonly expiresAt: number
  /** Size on the wire. */
  readonly bytes: number
  /** `jti`: safe to log. */
  readonly tokenId: string
  readonly keyId: string
}

/** A token that is larger than the budget: told, not refused. */
export interface Oversize {
  readonly bytes: number
  readonly byteBudget: number
  readonly tokenId: string
  readonly audience: readonly string[]
}

export interface AccessTokenIssuerOptions {
  readonly issuer: string
  readonly keys: IssuerKeys
  /** Default 1024: with cookies and other headers, servers and proxies often end at 4 or 8 kB. */
  readonly byteBudget?: number
  readonly onOversize?: (oversize: Oversize) => void
  /** Whether the emergency floor has retired this key: then it signs no more, even where the keys were not read anew yet. */
  readonly isKeyRetired?: (keyId: string) => boolean
}

export interface AccessTokenIssuer {
  /**
   * @throws TypeError for a lifetime over 3600 s, an application claim that belongs to the protocol or is no JSON, an empty
   *   id; AuthError `token.too_large` (8192 characters), `keys.unavailable`, `store.unavailable`
   */
  issue(input: AccessTokenInput): Promise<MintedAccessToken>
}

const encoder = new TextEncoder()
/** The signing key, the upcoming one, and one made after both. */
const MAX_ROTATIONS = 3

export function createAccessTokenIssuer(options: AccessTokenIssuerOptions): AccessTokenIssuer {
  const { issuer, keys, byteBudget = 1024, onOversize, isKeyRetired = () => false } = options
  if (typeof issuer !== 'string' || issuer === '') throw new TypeError('issuer is missing')
  if (!(Number.isSafeInteger(byteBudget) && byteBudget > 0)) throw new TypeError('byteBudget is a number of bytes')
  let header: { readonly key: SigningKey; readonly text: string } | null = null

  return {
    async issue(input) {
      checkInput(input)
      const key = await unretiredKey(keys, isKeyRetired)
      if (header?.key !== key) header = { key, text: headerOf(key) }
      const tokenId = input.tokenId ?? randomId()
      const expiresAt = input.issuedAt + input.lifetimeSeconds
      const payload = JSON.stringify(claimsOf(issuer, tokenId, expiresAt, input))
      const signed = `${header.text}.${encodeBase64url(encoder.encode(payload))}`
      const accessToken = `${signed}.${await key.sign(signed)}`
      const bytes = accessToken.length
      if (bytes > MAX_TOKEN_CHARS) throw new AuthError('token.too_large', 'the claims do not fit into a token')
      if (bytes > byteBudget) onOversize?.({ bytes, byteBudget, tokenId, audience: input.audience })
      return { accessToken, expiresAt, bytes, tokenId, keyId: key.keyId }
    },
  }
}

/**
 * Another process that raised the floor has stored a new key already; where nobody has, the next one is brought forward. It
 * may be retired too: then a fresh one follows.
 * @throws AuthError `keys.unavailable`, `store.unavailable`
 */
export async function unretiredKey(keys: IssuerKeys, isRetired: (keyId: string) => boolean): Promise<SigningKey> {
  let key = await keys.signing()
  if (!isRetired(key.keyId)) return key
  await keys.refresh()
  key = await keys.signing()
  for (let attempt = 0; isRetired(key.keyId); attempt++) {
    if (attempt === MAX_ROTATIONS) throw new AuthError('keys.unavailable', 'every signing key has been retired')
    await keys.rotate()
    key = await keys.signing()
  }
  return key
}

function headerOf(key: SigningKey): string {
  return encodeBase64url(encoder.encode(JSON.stringify({ alg: key.algorithm, typ: 'at+jwt', kid: key.keyId })))
}

/** The payload of an access token, for whoever signs it otherwise. @throws TypeError as `issue` does */
export function accessTokenClaims(issuer: string, input: AccessTokenInput & { readonly tokenId: string }): JsonObject {
  checkInput(input)
  return claimsOf(issuer, input.tokenId, input.issuedAt + input.lifetimeSeconds, input)
}

function claimsOf(issuer: string, tokenId: string, expiresAt: number, input: AccessTokenInput): JsonObject {
  const claims: Record<string, unknown> = {
    iss: issuer,
    sub: input.subject,
    aud: input.audience.length === 1 ? input.audience[0] : input.audience,
    exp: expiresAt,
    iat: input.issuedAt,
    jti: tokenId,
    client_id: input.clientId,
    sid: input.sessionId,
    gen: input.generation,
  }
  if (typeof input.scope === 'string') claims.scope = input.scope
  if (input.act) claims.act = input.act
  if (input.authTime !== undefined) claims.auth_time = input.authTime
  if (input.status) claims.status = { status_list: { idx: input.status.index, uri: input.status.uri } }
  if (typeof input.acr === 'string') claims.acr = input.acr
  if (input.amr !== undefined && input.amr.length > 0) claims.amr = input.amr
  return { ...(claims as JsonObject), ...input.claims }
}

function checkInput(input: AccessTokenInput): void {
  const { lifetimeSeconds, issuedAt, claims } = input
  if (!(Number.isSafeInteger(lifetimeSeconds) && lifetimeSeconds >= 1 && lifetimeSeconds <= MAX_LIFETIME_SECONDS)) {
    throw new TypeError(`lifetimeSeconds is 1 to ${MAX_LIFETIME_SECONDS}`)
  }
  if (!(Number.isSafeInteger(issuedAt) && issuedAt >= 0)) throw new TypeError('issuedAt is in whole seconds since 1970')
  if (!(Number.isSafeInteger(input.generation) && input.generation >= 0)) {
    throw new TypeError('generation is an integer and not negative')
  }
  for (const name of ['subject', 'clientId', 'sessionId'] as const) {
    if (typeof input[name] !== 'string' || input[name] === '') throw new TypeError(`${name} is missing`)
  }
  if (input.audience.length === 0 || input.audience.some((name) => typeof name !== 'string' || name === '')) {
    throw new TypeError('audience names at least one service')
  }
  if (claims === undefined) return
  for (const name of Object.keys(claims)) {
    if (PROTOCOL_CLAIMS.has(name)) throw new TypeError(`the application must not set the claim ${name}`)
  }
  if (!isStrictJson(claims)) throw new TypeError('application claims are plain JSON, at most 15 levels deep')
}
