/** Tokens for the bench: of one issuer, with the nine standard claims, kept as bytes so that each use makes a fresh string. */
import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { randomId } from '../src/crypto/random.ts'
import type { SignatureAlgorithm } from '../src/token/algorithms.ts'
import { generateKey, importSigningKey, type Jwk, publicJwk } from '../src/token/jwk.ts'
import type { Batch } from './measure.ts'

export const ISSUER = 'https://app.example'
export const AUDIENCE = 'https://api.example'
const LIFETIME_SECONDS = 3600

export interface Issued {
  readonly algorithm: SignatureAlgorithm
  /** What a verifier is handed: the public key, or the secret. */
  readonly jwk: Jwk
  readonly keyObject: KeyObject
  readonly tokens: TokenPool
}

/** Bytes of many tokens, one after the other. */
export interface TokenPool {
  readonly count: number
  /** A new string each time: no cached hash, not interned, as from a socket. */
  fresh(index: number): string
  /** Batches that go through `[from, from + count)` in order, again and again. */
  cycle(from: number, count: number): (size: number) => Batch
}

export async function issue(
  algorithm: SignatureAlgorithm,
  count: number,
  progress: (done: number) => void,
): Promise<Issued> {
  const key = await generateKey(algorithm)
  const signing = importSigningKey(key)
  const header = encode({ alg: algorithm, typ: 'at+jwt', kid: signing.keyId })
  const now = Math.floor(Date.now() / 1000)
  const tokens: string[] = []
  for (let i = 0; i < count; i++) {
    const claims = {
      iss: ISSUER,
      sub: randomId(),
      aud: AUDIENCE,
      client_id: 'app',
      exp: now + LIFETIME_SECONDS,
      iat: now,
      jti: randomId(),
      sid: randomId(),
      gen: 1,
    }
    const input = `${header}.${encode(claims)}`
    tokens.push(`${input}.${await signing.sign(input)}`)
    if (i % 500 === 499) progress(i + 1)
  }
  const isSecret = key.kty === 'oct'
  const jwk = isSecret ? key : publicJwk(key)
  const keyObject = isSecret
    ? createSecretKey(Buffer.from(String(key.k), 'base64url'))
    : createPublicKey(createPrivateKey({ key: { ...key } as Record<string, string>, format: 'jwk' }))
  return { algorithm, jwk, keyObject, tokens: createPool(tokens) }
}

export function createPool(tokens: readonly string[]): TokenPool {
  const bytes = Buffer.from(tokens.join(''), 'latin1')
  const ends = new Float64Array(tokens.length + 1)
  for (const [i, token] of tokens.entries()) ends[i + 1] = (ends[i] ?? 0) + token.length
  const fresh = (index: number): string => bytes.toString('latin1', ends[index], ends[index + 1])
  return {
    count: tokens.length,
    fresh,
    cycle(from, count) {
      let at = 0
      return (size) => {
        const indexes: number[] = []
        const batch: string[] = []
        for (let i = 0; i < size; i++) {
          const index = from + at
          at = (at + 1) % count
          indexes.push(index)
          batch.push(fresh(index))
        }
        return { tokens: batch, indexes }
      }
    },
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
