/** Keys, signatures and their times, for Mint: by the product; ML-DSA by this browser alone. */
import { encodeBase64url } from '../../../../src/crypto/base64url.ts'
import type { SignatureAlgorithm } from '../../../../src/token/algorithms.ts'
import { ALGORITHMS, isSignatureAlgorithm } from '../../../../src/token/algorithms.ts'
import {
  generateKey,
  importSigningKey,
  importVerifyKey,
  type Jwk,
  jwkThumbprint,
  publicJwk,
} from '../../../../src/token/jwk.ts'
import type { CallContext } from '../calls.ts'
import { KeyProblem, type KeyText, readKeys, toPem } from './keys.ts'
import { generatePostQuantum, isPostQuantum, type PostQuantum, postQuantumPair, publicHalf } from './post-quantum.ts'

export type MintAlgorithm = SignatureAlgorithm | PostQuantum

/** A key that signs, in every form in which it can be taken along. */
export interface MintKey {
  readonly algorithm: MintAlgorithm
  readonly jwk: Jwk
  /** Null: a secret has no public half. */
  readonly publicJwk: Jwk | null
  readonly keyId: string | null
  /** RFC 7638; null where that standard does not say how, and for a secret, whose digest is worth a guess. */
  readonly thumbprint: string | null
  readonly privatePem: string | null
  readonly publicPem: string | null
}

export async function makeKey(algorithm: MintAlgorithm): Promise<MintKey> {
  if (!isPostQuantum(algorithm)) return describe(await generateKey(algorithm), algorithm)
  const jwk = await generatePostQuantum(algorithm)
  const none = { keyId: null, thumbprint: null, privatePem: null, publicPem: null }
  return { algorithm, jwk, publicJwk: publicHalf(jwk), ...none }
}

/** @throws KeyProblem, AuthError `key.invalid`, `key.weak` */
export async function takeKey(given: KeyText & { readonly algorithm: MintAlgorithm }): Promise<MintKey> {
  const { algorithm } = given
  if (isPostQuantum(algorithm))
    throw new KeyProblem(`${algorithm}: make one here; importing is for the product’s algorithms`)
  const { keys, isSet } = await readKeys(given, algorithm)
  const [jwk] = keys
  if (isSet || !jwk) throw new KeyProblem('one key signs: give a JWK, not a set')
  if (jwk.alg !== undefined && jwk.alg !== algorithm)
    throw new KeyProblem(`the key is for ${String(jwk.alg)}, not for ${algorithm}`)
  return describe({ ...jwk, alg: algorithm }, algorithm)
}

async function describe(jwk: Jwk, algorithm: SignatureAlgorithm): Promise<MintKey> {
  const { keyId } = importSigningKey(jwk)
  const named = { ...jwk, use: 'sig', kid: keyId }
  if (ALGORITHMS[algorithm].kty === 'oct') {
    return { algorithm, jwk: named, publicJwk: null, keyId, thumbprint: null, privatePem: null, publicPem: null }
  }
  const half = publicJwk(named)
  const [privatePem, publicPem] = [await toPem(jwk, algorithm), await toPem(half, algorithm)]
  return { algorithm, jwk: named, publicJwk: half, keyId, thumbprint: jwkThumbprint(half), privatePem, publicPem }
}

export interface MintRequest {
  readonly jwk: Jwk
  /** The very texts that are signed. */
  readonly header: string
  readonly payload: string
}

const encoder = new TextEncoder()

/** Signs what it is given; whether it makes sense is for a verifier to say. */
export async function signToken({ jwk, header, payload }: MintRequest): Promise<string> {
  const input = `${encodeBase64url(encoder.encode(header))}.${encodeBase64url(encoder.encode(payload))}`
  return `${input}.${await (await signerOf(jwk))(input)}`
}

async function signerOf(jwk: Jwk): Promise<(input: string) => string | Promise<string>> {
  if (isPostQuantum(jwk.alg)) return (await postQuantumPair(jwk, jwk.alg)).sign
  return importSigningKey(jwk).sign
}

export interface KeyTimes {
  readonly algorithm: string
  /** Microseconds, the median. */
  readonly signUs: number
  readonly verifyUs: number
  readonly rounds: number
}

const ROUNDS = 200
/** A browser's clock has steps of a tenth of a millisecond: one round lasts at least that long. */
const ROUND_MS = 4

export async function timeKey({ jwk, input }: { jwk: Jwk; input: string }, context: CallContext): Promise<KeyTimes> {
  const { sign, verify } = await bothHalves(jwk)
  const signature = await sign(input)
  const signUs = await median(() => sign(input), 0, context)
  const verifyUs = await median(() => verify(input, signature), 0.5, context)
  return { algorithm: String(jwk.alg), signUs, verifyUs, rounds: ROUNDS }
}

async function bothHalves(jwk: Jwk) {
  if (isPostQuantum(jwk.alg)) return postQuantumPair(jwk, jwk.alg)
  const { sign, algorithm } = importSigningKey(jwk)
  const half = ALGORITHMS[algorithm].kty === 'oct' ? jwk : publicJwk(jwk)
  return { sign, verify: importVerifyKey(half, Object.keys(ALGORITHMS).filter(isSignatureAlgorithm)).verify }
}

async function median(work: () => unknown, before: number, { signal, progress }: CallContext): Promise<number> {
  const round = async (count: number): Promise<number> => {
    const started = performance.now()
    for (let n = 0; n < count; n++) await work()
    return (performance.now() - started) / count
  }
  await round(20)
  const count = Math.max(1, Math.ceil(ROUND_MS / Math.max(await round(20), 0.001)))
  const times: number[] = []
  for (let i = 0; i < ROUNDS; i++) {
    signal.throwIfAborted()
    times.push((await round(Math.min(count, 1000))) * 1000)
    if (i % 20 === 0) progress(before + i / ROUNDS / 2)
  }
  return times.toSorted((a, b) => a - b)[ROUNDS / 2] ?? 0
}
