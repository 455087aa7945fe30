/** Ids as 128-bit keys: four words, mixed with a secret of this process so that nobody can choose ids that crowd one slot. */
import { sha256 } from '../crypto/digest.ts'
import { randomBytes } from '../crypto/random.ts'

/**
 * Four words (signed 32 bits each: small integers to the engine) that stand for one id.
 * `direct`: the id is 22 canonical base64url characters and the words are a permutation of its 128 bits, so equal words
 * mean equal ids. Otherwise they are permuted from the first 128 bits of its SHA-256. Tables keep the two kinds apart.
 */
export interface IdKey {
  readonly direct: boolean
  readonly k0: number
  readonly k1: number
  readonly k2: number
  readonly k3: number
}

const VALUES = new Int8Array(128).fill(-1)
for (const [value, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].entries()) {
  VALUES[character.charCodeAt(0)] = value
}

/** Key of an id, in this process only. */
export function idKey(id: string): IdKey {
  return (id.length === 22 ? directKey(id) : null) ?? hashedKey(id)
}

/** The 128 bits that 22 characters spell, or null when they are not canonical base64url (the last one carries 2 bits). */
function directKey(id: string): IdKey | null {
  const a = six(id, 0)
  const b = six(id, 5)
  const c = six(id, 10)
  const d = six(id, 15)
  const e = valueAt(id, 20)
  const f = valueAt(id, 21)
  // Any character outside the alphabet makes its part negative.
  if ((a | b | c | d | e | f) < 0 || (f & 15) !== 0) return null
  // 30 + 30 + 30 + 30 + 6 + 2 bits, laid out over four words.
  const rest = (e << 2) | (f >> 4)
  return permute(
    true,
    a | ((rest & 3) << 30),
    b | (((rest >> 2) & 3) << 30),
    c | (((rest >> 4) & 3) << 30),
    d | ((rest >> 6) << 30),
  )
}

/** 30 bits out of five characters; negative when one of them is foreign. */
function six(id: string, at: number): number {
  const a = valueAt(id, at)
  const b = valueAt(id, at + 1)
  const c = valueAt(id, at + 2)
  const d = valueAt(id, at + 3)
  const e = valueAt(id, at + 4)
  return (a | b | c | d | e) < 0 ? -1 : (a << 24) | (b << 18) | (c << 12) | (d << 6) | e
}

function valueAt(id: string, at: number): number {
  const code = id.charCodeAt(at)
  return code < 128 ? (VALUES[code] as number) : -1
}

function hashedKey(id: string): IdKey {
  const digest = sha256(id)
  const words = new DataView(digest.buffer, digest.byteOffset, 16)
  return permute(false, words.getInt32(0), words.getInt32(4), words.getInt32(8), words.getInt32(12))
}

/** Sixteen tables of 256 random words; made at the first use, for some platforms have no randomness while they load. */
let secret: Int32Array | null = null

function mix(table: number, word: number, s: Int32Array): number {
  return (
    (s[table | (word & 255)] as number) ^
    (s[(table + 256) | ((word >>> 8) & 255)] as number) ^
    (s[(table + 512) | ((word >>> 16) & 255)] as number) ^
    (s[(table + 768) | (word >>> 24)] as number)
  )
}

/**
 * A keyed permutation of 128 bits: two Feistel steps with simple tabulation hashing. It keeps keys exact (different ids,
 * different words) and makes `k0`, from which tables take the slot, unpredictable for whoever does not know the secret.
 */
function permute(direct: boolean, w0: number, w1: number, w2: number, w3: number): IdKey {
  secret ??= new Int32Array(randomBytes(16 * 256 * 4).buffer)
  const s = secret
  const k1 = w1 ^ mix(0, w0, s)
  const k0 = w0 ^ mix(1024, k1, s) ^ mix(2048, w2, s) ^ mix(3072, w3, s)
  return { direct, k0, k1, k2: w2 | 0, k3: w3 | 0 }
}
