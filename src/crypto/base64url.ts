/** base64url without padding (RFC 4648 §5), decoded strictly: one text for each sequence of bytes. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const VALUES = new Int8Array(128).fill(-1)
for (let i = 0; i < 64; i++) VALUES[ALPHABET.charCodeAt(i)] = i

export function encodeBase64url(bytes: Uint8Array): string {
  let text = ''
  let i = 0
  for (; i + 2 < bytes.length; i += 3) {
    const n = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number)
    text += (ALPHABET[n >> 18] as string) + ALPHABET[(n >> 12) & 63] + ALPHABET[(n >> 6) & 63] + ALPHABET[n & 63]
  }
  const left = bytes.length - i
  if (left === 1) {
    const n = bytes[i] as number
    text += (ALPHABET[n >> 2] as string) + ALPHABET[(n & 3) << 4]
  } else if (left === 2) {
    const n = ((bytes[i] as number) << 8) | (bytes[i + 1] as number)
    text += (ALPHABET[n >> 10] as string) + ALPHABET[(n >> 4) & 63] + ALPHABET[(n & 15) << 2]
  }
  return text
}

/** The bytes, or null for padding, white space, other characters, an impossible length or trailing bits that are not zero. */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  const rest = text.length & 3
  if (rest === 1) return null
  const bytes = new Uint8Array((text.length >> 2) * 3 + (rest === 0 ? 0 : rest - 1))
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const value = code < 128 ? (VALUES[code] as number) : -1
    if (value < 0) return null
    held = (held << 6) | value
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = held >> bits
      held &= (1 << bits) - 1
    }
  }
  return held === 0 ? bytes : null
}
