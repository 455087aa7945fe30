/** Keys as people have them (JWK, JWK set, PEM, a secret) into the JWKs that the product reads. */
import { decodeBase64url, encodeBase64url } from '../../../../src/crypto/base64url.ts'
import { ALGORITHMS, type SignatureAlgorithm } from '../../../../src/token/algorithms.ts'
import type { Jwk } from '../../../../src/token/jwk.ts'
import { certificateKey } from './certificate.ts'

export type SecretEncoding = 'utf-8' | 'base64url' | 'hex'

export interface KeyText {
  readonly text: string
  /** How a secret is written; nothing else asks for it. */
  readonly encoding: SecretEncoding
}
export interface ReadKeys {
  readonly keys: readonly Jwk[]
  /** Given as a set: then a token has to name its key, or fit just one. */
  readonly isSet: boolean
  readonly notes: readonly string[]
}

/** What is wrong with a key, in words. */
export class KeyProblem extends Error {}

const encoder = new TextEncoder()
const PEM = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth']

/** The keys as given, private members and all. @throws KeyProblem */
export async function readKeys({ text, encoding }: KeyText, algorithm: SignatureAlgorithm): Promise<ReadKeys> {
  const trimmed = text.trim()
  if (trimmed === '') throw new KeyProblem('no key given')
  if (trimmed.includes('-----BEGIN')) return { keys: [await fromPem(trimmed, algorithm)], isSet: false, notes: [] }
  if (/^\{/.test(trimmed)) return fromJson(trimmed)
  if (ALGORITHMS[algorithm].kty !== 'oct') {
    throw new KeyProblem(`${algorithm} needs a JWK, a JWK set or a key in PEM; this is neither`)
  }
  const jwk = { kty: 'oct', alg: 'HS256', k: encodeBase64url(secretBytes(text, encoding)) }
  return { keys: [jwk], isSet: false, notes: [] }
}

/** The same for verifying: of a private key only the public half. @throws KeyProblem */
export async function readVerifyKeys(given: KeyText, algorithm: SignatureAlgorithm): Promise<ReadKeys> {
  const read = await readKeys(given, algorithm)
  const isPrivate = read.keys.some((key) => key.kty !== 'oct' && PRIVATE.some((name) => Object.hasOwn(key, name)))
  if (!isPrivate) return read
  const keys = read.keys.map((key) => (key.kty === 'oct' ? key : publicHalf(key)))
  return {
    ...read,
    keys,
    notes: [...read.notes, 'This is a private key: only its public half was used. Verifying never needs more.'],
  }
}

function publicHalf(jwk: Jwk): Jwk {
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => !PRIVATE.includes(name)))
}

function fromJson(text: string): ReadKeys {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new KeyProblem(`this is no JSON: ${error instanceof Error ? error.message : 'it cannot be read'}`)
  }
  const { keys } = value as { readonly keys?: unknown }
  if (Array.isArray(keys)) return { keys: keys as readonly Jwk[], isSet: true, notes: [] }
  return { keys: [value as Jwk], isSet: false, notes: [] }
}

function secretBytes(text: string, encoding: SecretEncoding): Uint8Array {
  if (encoding === 'utf-8') return encoder.encode(text)
  const dense = text.replace(/\s+/g, '')
  if (encoding === 'base64url') {
    const bytes = decodeBase64url(dense.replace(/=+$/, ''))
    if (!bytes) throw new KeyProblem('the secret is no base64url')
    return bytes
  }
  if (!/^(?:[\da-f]{2})+$/i.test(dense)) throw new KeyProblem('the secret is no hex: pairs of 0-9 and a-f')
  return Uint8Array.from(dense.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

const CONVERT = 'convert it: openssl pkcs8 -topk8 -nocrypt -in key.pem'

async function fromPem(text: string, algorithm: SignatureAlgorithm): Promise<Jwk> {
  const [, label = '', body = ''] = PEM.exec(text) ?? []
  if (label === '') throw new KeyProblem('the PEM has no end line')
  const bytes = pemBytes(body)
  if (label === 'PUBLIC KEY') return importDer('spki', bytes, algorithm)
  if (label === 'PRIVATE KEY') return importDer('pkcs8', bytes, algorithm)
  if (label === 'CERTIFICATE') {
    const key = certificateKey(bytes)
    if (!key) throw new KeyProblem('the certificate cannot be read')
    return importDer('spki', key, algorithm)
  }
  if (label.startsWith('ENCRYPTED') || /Proc-Type/.test(body))
    throw new KeyProblem('the key is encrypted: decrypt it first')
  if (label === 'RSA PUBLIC KEY')
    throw new KeyProblem('a PKCS#1 key; convert it: openssl rsa -RSAPublicKey_in -pubout -in key.pem')
  if (label.endsWith('PRIVATE KEY')) throw new KeyProblem(`${label.toLowerCase()}: ${CONVERT}`)
  throw new KeyProblem(`${label.toLowerCase()}: no key that can be used here`)
}

function pemBytes(body: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(body.replace(/\s+/g, '')), (char) => char.charCodeAt(0))
  } catch {
    throw new KeyProblem('the PEM is no base64 between its lines')
  }
}

/** Through Web Crypto, which reads DER; the JWK that comes out is then judged by the product. */
async function importDer(
  format: 'spki' | 'pkcs8',
  der: Uint8Array<ArrayBuffer>,
  algorithm: SignatureAlgorithm,
): Promise<Jwk> {
  const { webKey, kty } = ALGORITHMS[algorithm]
  if (kty === 'oct') throw new KeyProblem('HS256 takes a secret: a key in PEM is for another algorithm')
  try {
    const key = await crypto.subtle.importKey(format, der, webKey, true, [format === 'spki' ? 'verify' : 'sign'])
    const { key_ops: _, ext: __, ...members } = await crypto.subtle.exportKey('jwk', key)
    return { ...members, alg: algorithm }
  } catch {
    throw new KeyProblem(`this is no key for ${algorithm}, or it is damaged`)
  }
}

/** PEM of a JWK of ours. */
export async function toPem(jwk: Jwk, algorithm: SignatureAlgorithm): Promise<string | null> {
  const { webKey, kty } = ALGORITHMS[algorithm]
  if (kty === 'oct') return null
  const isPrivate = Object.hasOwn(jwk, 'd')
  const { alg: _, ...members } = jwk
  const key = await crypto.subtle.importKey('jwk', members, webKey, true, [isPrivate ? 'sign' : 'verify'])
  const der = new Uint8Array(await crypto.subtle.exportKey(isPrivate ? 'pkcs8' : 'spki', key))
  const base64 = btoa(Array.from(der, (byte) => String.fromCharCode(byte)).join(''))
  const label = isPrivate ? 'PRIVATE KEY' : 'PUBLIC KEY'
  return `-----BEGIN ${label}-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----`
}
