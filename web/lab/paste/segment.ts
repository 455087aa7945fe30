/** One part of a token: base64url to bytes to text, as far as it goes, each fault with its place. */
import { type JsonFault, readJson } from './lenient-json.ts'

export interface SegmentFault {
  /** Index into the token's text. */
  readonly index: number
  /** Byte within what was decoded; null: the fault is in the encoding itself. */
  readonly inside: number | null
  readonly reason: string
}
export interface Segment {
  readonly start: number
  readonly end: number
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly faults: readonly SegmentFault[]
  /** The index of the character that byte `i` begins in. */
  indexOf(byte: number): number
}
export interface JsonSegment extends Segment {
  readonly text: string
  readonly value: unknown
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const VALUES = new Map([...ALPHABET].map((char, i) => [char, i]))
VALUES.set('+', 62)
VALUES.set('/', 63)
const BLANK = /\s/
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })
const encoder = new TextEncoder()

/** Decodes `token` from `start` to `end`. */
export function readSegment(token: string, start: number, end: number): Segment {
  const faults: SegmentFault[] = []
  const once = new Set<string>()
  const note = (index: number, reason: string): void => {
    if (once.has(reason)) return
    once.add(reason)
    faults.push({ index, inside: null, reason })
  }
  const places: number[] = []
  const bytes = new Uint8Array(Math.ceil(((end - start) * 3) / 4))
  let [size, bits, held] = [0, 0, 0]
  let paddedAt = -1
  for (let i = start; i < end; i++) {
    const char = token.charAt(i)
    if (BLANK.test(char)) {
      note(i, 'white space inside: left out here, refused by the product')
      continue
    }
    if (char === '=') {
      paddedAt = i
      note(i, 'padding: base64url of a token has none (RFC 7515 §2)')
      continue
    }
    const value = VALUES.get(char)
    if (value === undefined || paddedAt >= 0) {
      note(i, value === undefined ? `not base64url: ${named(token, i)}` : 'not base64url: text after the padding')
      break
    }
    if (char === '+' || char === '/') note(i, `base64, not base64url: ${named(token, i)}`)
    places.push(i)
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[size++] = held >> bits
      held &= (1 << bits) - 1
    }
  }
  const last = places.at(-1) ?? start
  if (places.length % 4 === 1) note(last, 'cut off: one character is too many, or some are missing')
  else if (held !== 0) note(last, 'the last bits are not zero: it is not the one way to write these bytes')
  return {
    start,
    end,
    bytes: bytes.slice(0, size),
    faults,
    indexOf: (byte) => places[Math.min(Math.floor((byte * 4) / 3), places.length - 1)] ?? start,
  }
}

/** The same, and read as JSON. */
export function readJsonSegment(token: string, start: number, end: number): JsonSegment {
  const segment = readSegment(token, start, end)
  const { bytes, indexOf } = segment
  const faults = [...segment.faults]
  const note = (inside: number, reason: string) => faults.push({ index: indexOf(inside), inside, reason })
  const badByte = firstBadByte(bytes)
  const text = lenient.decode(bytes)
  if (badByte >= 0) note(badByte, 'not UTF-8')
  const { value, faults: found } =
    bytes.length === 0 ? { value: undefined, faults: [] as readonly JsonFault[] } : readJson(text)
  for (const { at, reason } of found) note(byteOf(text, at, bytes.length), `not strict JSON: ${reason}`)
  return { ...segment, faults, text, value }
}

/** The first byte that is no UTF-8, or -1. */
export function firstBadByte(bytes: Uint8Array): number {
  if (isUtf8(bytes)) return -1
  // The longest good beginning, by halves; a character that is cut at the end of a beginning is no fault yet.
  let [good, bad] = [0, bytes.length]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (isUtf8(bytes.subarray(0, middle), true)) good = middle
    else bad = middle
  }
  return good
}

function isUtf8(bytes: Uint8Array, mayBeCut = false): boolean {
  try {
    if (mayBeCut) new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    else strict.decode(bytes)
    return true
  } catch {
    return false
  }
}

function byteOf(text: string, at: number, most: number): number {
  return Math.min(encoder.encode(text.slice(0, at)).length, Math.max(0, most - 1))
}

/** A character as it can be read aloud. */
function named(text: string, index: number): string {
  const code = text.codePointAt(index) ?? 0
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  return code > 0x20 && code < 0x7f ? `“${String.fromCodePoint(code)}”` : hex
}
