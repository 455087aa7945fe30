/** What an attacker needs to take tokens apart and put others together; nothing here checks anything. */
import { decodeBase64url, encodeBase64url } from '../../../src/crypto/base64url.ts'
import { hmacSha256 } from '../../../src/crypto/digest.ts'
import { Refusal } from './bank.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export type Members = Readonly<Record<string, unknown>>

export interface TakenApart {
  readonly header: Members
  readonly payload: Members
  /** What is signed. */
  readonly input: string
  readonly signature: string
}

/** @throws Refusal for what has no three parts */
export function takeApart(token: string): TakenApart {
  const [header = '', payload = '', signature] = token.split('.')
  if (signature === undefined) throw new Refusal('no token')
  return { header: read(header), payload: read(payload), input: `${header}.${payload}`, signature }
}

export function unsigned(header: Members, payload: Members): string {
  return `${segment(header)}.${segment(payload)}`
}

export function hmac(key: string | Uint8Array, input: string): string {
  return encodeBase64url(hmacSha256(typeof key === 'string' ? encoder.encode(key) : key, input))
}

export function signedByHmac(header: Members, payload: Members, key: string | Uint8Array): string {
  const input = unsigned(header, payload)
  return `${input}.${hmac(key, input)}`
}

function segment(value: Members): string {
  return encodeBase64url(encoder.encode(JSON.stringify(value)))
}

function read(text: string): Members {
  const bytes = decodeBase64url(text)
  return bytes ? (JSON.parse(decoder.decode(bytes)) as Members) : {}
}
