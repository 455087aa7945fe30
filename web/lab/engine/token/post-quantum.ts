/** ML-DSA (FIPS 204), where this browser's Web Crypto has it. The product does not. */
import { decodeBase64url, encodeBase64url } from '../../../../src/crypto/base64url.ts'
import type { Jwk } from '../../../../src/token/jwk.ts'
import { algOf } from './header.ts'
import { KeyProblem } from './keys.ts'

const NAMES = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const
export type PostQuantum = (typeof NAMES)[number]

const encoder = new TextEncoder()

export function isPostQuantum(value: unknown): value is PostQuantum {
  return NAMES.some((name) => name === value)
}

/** Those that are there, found by trying. */
export async function postQuantumHere(): Promise<readonly PostQuantum[]> {
  const tried = await Promise.all(
    NAMES.map(async (name) => {
      try {
        await crypto.subtle.generateKey({ name }, false, ['sign', 'verify'])
        return name
      } catch {
        return null
      }
    }),
  )
  return tried.filter((name) => name !== null)
}

export async function generatePostQuantum(name: PostQuantum): Promise<Jwk> {
  const pair = (await crypto.subtle.generateKey({ name }, true, ['sign', 'verify'])) as CryptoKeyPair
  const { key_ops: _, ext: __, ...jwk } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  return { ...jwk, alg: name, use: 'sig' }
}

export function publicHalf(jwk: Jwk): Jwk {
  const { priv: _, ...rest } = jwk
  return rest
}

async function load(jwk: Jwk, name: PostQuantum, operation: 'sign' | 'verify'): Promise<CryptoKey> {
  const { alg, use: _, kid: __, ...members } = operation === 'verify' ? publicHalf(jwk) : jwk
  if (alg !== undefined && alg !== name) throw new KeyProblem(`this is no key for ${name}`)
  try {
    return await crypto.subtle.importKey('jwk', { ...members, alg: name }, { name }, false, [operation])
  } catch {
    throw new KeyProblem(`this browser takes it for no key of ${name}, or does not have ${name} (Chromium does)`)
  }
}

/** Made once, used often. */
export async function postQuantumPair(jwk: Jwk, name: PostQuantum) {
  const [signing, verifying] = [await load(jwk, name, 'sign'), await load(jwk, name, 'verify')]
  return {
    sign: async (input: string) =>
      encodeBase64url(new Uint8Array(await crypto.subtle.sign({ name }, signing, encoder.encode(input)))),
    verify: async (input: string, signature: string) => {
      const raw = decodeBase64url(signature)
      return raw !== null && crypto.subtle.verify({ name }, verifying, raw, encoder.encode(input))
    },
  }
}

/** @param text a JWK @throws KeyProblem */
export async function verifyPostQuantum(token: string, text: string, name: PostQuantum): Promise<boolean> {
  if (text.trim() === '') throw new KeyProblem('no key given')
  const [header = '', payload = '', signature = ''] = token.split('.')
  let jwk: Jwk
  try {
    jwk = JSON.parse(text) as Jwk
  } catch {
    throw new KeyProblem(`${name} needs a JWK`)
  }
  if (algOf(token) !== name)
    throw new KeyProblem('the token’s alg is not the one that the policy fixes: nothing was tried')
  const key = await load(jwk, name, 'verify')
  const raw = decodeBase64url(signature)
  return raw !== null && crypto.subtle.verify({ name }, key, raw, encoder.encode(`${header}.${payload}`))
}
