/** Byte strings: one character for each byte (0 to 255), which is how a header travels and how limits are counted. */

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What a browser sends for text that was typed: UTF-8. */
export function toBytes(text: string): string {
  let bytes = ''
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte)
  return bytes
}

/** The text, or null when the bytes are no UTF-8. */
export function decode(bytes: string): string | null {
  try {
    return strict.decode(octets(bytes))
  } catch {
    return null
  }
}

/** For people to read. Bytes that are no UTF-8 become a replacement sign. */
export function toText(bytes: string): string {
  return decoder.decode(octets(bytes))
}

function octets(bytes: string): Uint8Array {
  return Uint8Array.from(bytes, (character) => character.charCodeAt(0))
}

/** Only space and tab are white space in a cookie. */
export function trimBlank(bytes: string): string {
  let start = 0
  let end = bytes.length
  while (start < end && isBlank(bytes.charCodeAt(start))) start++
  while (end > start && isBlank(bytes.charCodeAt(end - 1))) end--
  return bytes.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** Lower case for A to Z only, as protocols compare names. */
export function lowerAscii(bytes: string): string {
  return bytes.replace(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32))
}

/** Where the first control character is (NUL to 31 and 127), or -1. */
export function findControl(bytes: string): number {
  for (let at = 0; at < bytes.length; at++) {
    const code = bytes.charCodeAt(at)
    if (code < 0x20 || code === 0x7f) return at
  }
  return -1
}
