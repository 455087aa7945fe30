/**
 * Detects and decodes anything that is pasted or dropped. In this order: a token that is the whole of it, then `Set-Cookie`,
 * `Cookie` and `Authorization` lines, PEM, JWK(S), curl, HAR, other JSON, any text with tokens in it. Never throws, never fetches.
 */
import { type EnvelopeKind, openEnvelope } from './envelopes.ts'
import { type FoundText, tokensIn, wholeToken } from './scan.ts'
import { firstBadByte } from './segment.ts'
import { readToken, type Token, type TokenKind } from './token.ts'

export type PasteKind = 'empty' | 'too-large' | 'binary' | TokenKind | EnvelopeKind

export interface FoundToken {
  readonly source: string
  /** Where it begins in what was pasted; null: it stands there encoded. */
  readonly start: number | null
  readonly token: Token
}
export interface Paste {
  readonly kind: PasteKind
  /** In the order in which they stand there. */
  readonly tokens: readonly FoundToken[]
  readonly setCookies: readonly string[]
  readonly keys: readonly string[]
  readonly notes: readonly string[]
}

export const MAX_PASTE_CHARS = 8 * 1024 * 1024
export const MAX_TOKENS = 100
const NOTHING = { tokens: [], setCookies: [], keys: [] } as const

export function readPaste(input: string): Paste {
  if (input.trim() === '') return { ...NOTHING, kind: 'empty', notes: [] }
  if (input.length > MAX_PASTE_CHARS) return tooLarge()
  const control = controlAt(input)
  if (control >= 0) return binary(`a control character at character ${control}`)
  const whole = wholeToken(input)
  if (whole !== null) {
    const token = readToken(whole)
    return {
      ...NOTHING,
      kind: token.kind,
      tokens: [{ source: 'pasted', start: input.indexOf(whole), token }],
      notes: [],
    }
  }
  const { kind, fields, setCookies, keys, notes } = openEnvelope(input)
  const found: FoundText[] = []
  for (const field of fields) {
    if (found.length >= MAX_TOKENS) break
    found.push(...tokensIn(field, MAX_TOKENS - found.length))
  }
  const more = found.length >= MAX_TOKENS ? [`Only the first ${MAX_TOKENS} tokens are listed.`] : []
  const seen = new Map<string, number>()
  const tokens = found.map(({ source, text }): FoundToken => {
    const start = input.indexOf(text, seen.get(text) ?? 0)
    if (start >= 0) seen.set(text, start + text.length)
    return { source, start: start < 0 ? null : start, token: readToken(text) }
  })
  return { kind, tokens, setCookies, keys, notes: [...notes, ...more] }
}

/** The same for a file's bytes. */
export function readBytes(bytes: Uint8Array): { readonly text: string; readonly paste: Paste } {
  if (bytes.length > MAX_PASTE_CHARS) return { text: '', paste: tooLarge() }
  const bad = firstBadByte(bytes)
  const text = new TextDecoder().decode(bytes)
  if (bad < 0) return { text, paste: readPaste(text) }
  const [a, b] = [bytes[0], bytes[1]]
  const utf16 = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)
  const why = utf16 ? 'it is UTF-16: save it as UTF-8' : `it is not UTF-8 at byte ${bad}`
  const paste = readPaste(text)
  const usable = paste.tokens.length > 0 && !utf16
  return usable
    ? { text, paste: { ...paste, notes: [`The file is damaged: ${why}.`, ...paste.notes] } }
    : { text: '', paste: binary(why) }
}

/** The first character that text does not have; -1: none. */
function controlAt(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d && code !== 0x0c) return i
  }
  return -1
}

/** What is said of more than is read. */
export function tooLarge(): Paste {
  return { ...NOTHING, kind: 'too-large', notes: [`Too large: at most ${MAX_PASTE_CHARS / 1024 / 1024} MB are read.`] }
}

function binary(why: string): Paste {
  return { ...NOTHING, kind: 'binary', notes: [`This is no text: ${why}.`] }
}
