/** Which HMAC secrets are refused: those that an attacker tries first. */
import { AuthError } from '../errors.ts'
import { HMAC_MIN_BYTES } from './algorithms.ts'

/** Secrets of 32 characters and more that stand in tutorials, templates and word lists of JWT crackers; in lower case. */
const KNOWN: ReadonlySet<string> = new Set([
  '<random_string_at_least_32_characters_long>',
  'a-string-secret-at-least-256-bits-long',
  'a-string-secret-at-least-384-bits-long-this-one-is-longer-still',
  'reallyreallyreallyreallyverysafe',
  'this secret is stored base-64 encoded on the proxy hos',
  '01234567890123456789012345678901',
  '12345678901234567890123456789000',
  '12345678901234567890123456789012',
  '0123456789abcdef0123456789abcdef',
  '0123456789abcdefghijklmnopqrstuv',
  'abcdefghijklmnopqrstuvwxyz123456',
  'abcdefghijklmnopqrstuvwxyz012345',
  '123notaparticularygreatsecret!!!',
  '1234nbizz234sunshine-ultra-secure-secret-is-awesome',
  'r9imkoe5crmgvjbbtp4hrqn7qipputoj',
  '16f8c0ef4a5d391b26034086c628469d3f9f497f08163ab9b40137092f2909ef',
  'gzh75aktmn3yj0ips4hcguutwjazzr9c',
  'cnaopyawf60hzjzkcnaopyawf60hzjzk',
  'secretsecretsecretsecretsecretsecret',
])
const MIN_DISTINCT = 12
const latin1 = new TextDecoder('latin1')

/**
 * Refuses a secret that is short, known, of few or repeating characters, or that is really another kind of key: a public
 * key in PEM, DER or JWK form is known to everybody (RFC 8725 §2.1, §3.5).
 *
 * @throws AuthError `key.weak`
 */
export function checkHmacSecret(secret: Uint8Array): void {
  const weak = (why: string) => new AuthError('key.weak', `the HMAC secret ${why}`)
  if (secret.length < HMAC_MIN_BYTES) throw weak(`has fewer than ${HMAC_MIN_BYTES} bytes`)
  const text = latin1.decode(secret).trim()
  if (/^-----BEGIN|^ssh-(rsa|ed25519) |^ecdsa-sha2-/.test(text)) throw weak('is a key in PEM or SSH form')
  if (/^\{[\s\S]*"(kty|keys)"/.test(text)) throw weak('is a JWK')
  if (isDer(secret)) throw weak('is a key in DER form')
  if (KNOWN.has(text.toLowerCase())) throw weak('is a published one')
  if (new Set(secret).size < MIN_DISTINCT) throw weak('uses too few different bytes')
  if (repeats(secret)) throw weak('repeats itself')
  if (isPadded(secret)) throw weak('ends in padding')
}

/** One ASN.1 SEQUENCE that is exactly as long as the bytes and begins with another SEQUENCE or INTEGER. */
function isDer(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x30) return false
  const first = bytes[1] as number
  const wide = first > 0x80 && first <= 0x83 ? first - 0x80 : 0
  if (first > 0x7f && wide === 0) return false
  let length = wide === 0 ? first : 0
  for (let i = 0; i < wide; i++) length = length * 256 + (bytes[2 + i] as number)
  const inner = bytes[2 + wide]
  return length === bytes.length - 2 - wide && (inner === 0x30 || inner === 0x02)
}

/** A shorter run, written again and again. */
function repeats(bytes: Uint8Array): boolean {
  for (let period = 1; period <= bytes.length / 2; period++) {
    let same = true
    for (let i = period; same && i < bytes.length; i++) same = bytes[i] === bytes[i - period]
    if (same) return true
  }
  return false
}

/** A short secret filled up to the required length. */
function isPadded(bytes: Uint8Array): boolean {
  const last = bytes[bytes.length - 1]
  return bytes.subarray(-8).every((byte) => byte === last)
}
