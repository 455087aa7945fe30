/** SHA-256 (FIPS 180-4) and HMAC (RFC 2104) in plain JavaScript: synchronous where the platform has Web Crypto only. */

const BLOCK = 64

/**
 * First 32 bits of the fractional parts of the roots of the first primes (FIPS 180-4 §4.2.2, §5.3.3). Floating point has digits
 * to spare: the closest of them is hundreds of its steps away from another result.
 */
function fractions(count: number, root: number): Int32Array<ArrayBuffer> {
  const words = new Int32Array(count)
  let found = 0
  for (let prime = 2; found < count; prime++) {
    let isPrime = true
    for (let factor = 2; factor * factor <= prime; factor++) if (prime % factor === 0) isPrime = false
    if (isPrime) words[found++] = (prime ** (1 / root) % 1) * 2 ** 32
  }
  return words
}

const INITIAL = fractions(8, 2)
const ROUND = fractions(64, 3)
/** Signed words, here and everywhere: engines keep them as small integers. */
const schedule = new Int32Array(64)

/** SHA-256, 32 bytes. */
export function portableSha256(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const state = INITIAL.slice()
  const whole = data.length - (data.length % BLOCK)
  const blocks = new DataView(data.buffer, data.byteOffset, data.length)
  for (let at = 0; at < whole; at += BLOCK) compress(state, blocks, at)
  // The rest, a one bit, zeros, and the length in bits: one block or two.
  const left = data.length - whole
  const tail = new Uint8Array(left < 56 ? BLOCK : 2 * BLOCK)
  tail.set(data.subarray(whole))
  tail[left] = 0x80
  const end = new DataView(tail.buffer)
  end.setUint32(tail.length - 8, data.length / 2 ** 29)
  end.setUint32(tail.length - 4, data.length << 3)
  for (let at = 0; at < tail.length; at += BLOCK) compress(state, end, at)
  const digest = new Uint8Array(32)
  const out = new DataView(digest.buffer)
  for (let i = 0; i < 8; i++) out.setInt32(i * 4, state[i] as number)
  return digest
}

/** HMAC-SHA-256, 32 bytes. */
export function portableHmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const short = key.length > BLOCK ? portableSha256(key) : key
  const inner = new Uint8Array(BLOCK + data.length).fill(0x36, 0, BLOCK)
  const outer = new Uint8Array(BLOCK + 32).fill(0x5c, 0, BLOCK)
  for (const [i, byte] of short.entries()) {
    inner[i] = byte ^ 0x36
    outer[i] = byte ^ 0x5c
  }
  inner.set(data, BLOCK)
  outer.set(portableSha256(inner), BLOCK)
  return portableSha256(outer)
}

/** One block into the state (FIPS 180-4 §6.2.2). */
function compress(state: Int32Array, block: DataView, from: number): void {
  for (let t = 0; t < 16; t++) schedule[t] = block.getInt32(from + t * 4)
  for (let t = 16; t < 64; t++) {
    const x = schedule[t - 15] as number
    const y = schedule[t - 2] as number
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10)
    schedule[t] = ((schedule[t - 16] as number) + s0 + (schedule[t - 7] as number) + s1) | 0
  }
  let a = state[0] as number
  let b = state[1] as number
  let c = state[2] as number
  let d = state[3] as number
  let e = state[4] as number
  let f = state[5] as number
  let g = state[6] as number
  let h = state[7] as number
  for (let t = 0; t < 64; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const first = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND[t] as number) + (schedule[t] as number)) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  const words = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i++) state[i] = (state[i] as number) + (words[i] as number)
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}
