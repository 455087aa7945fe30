/** Takes a token apart for showing. Nothing is believed, fetched or thrown; what is broken is named by byte and reason. */
import type { JsonObject } from '../../../src/json.ts'
import { type JsonSegment, readJsonSegment, readSegment, type Segment } from './segment.ts'

export type TokenKind = 'jws' | 'jwe' | 'sd-jwt' | 'unsecured' | 'paseto'
export type PartName =
  | 'header'
  | 'payload'
  | 'signature'
  | 'encrypted key'
  | 'initialization vector'
  | 'ciphertext'
  | 'authentication tag'
  | 'disclosure'
  | 'key binding'
  | 'rest'

export interface Part {
  readonly name: PartName
  /** Indices into the token's text. */
  readonly start: number
  readonly end: number
  /** Decoded. */
  readonly bytes: number
  /** The text of a part that holds JSON. */
  readonly text: string | null
  /** As far as it could be read. */
  readonly value: unknown
}
export interface Fault {
  readonly part: PartName | 'token'
  readonly index: number
  /** The same place in bytes (UTF-8) from the start of the token. */
  readonly byte: number
  /** Byte within the decoded part; null when the encoding itself is at fault. */
  readonly inside: number | null
  readonly reason: string
}
export interface Token {
  readonly kind: TokenKind
  /** As pasted. */
  readonly text: string
  /** Without white space: what is handed to the verifier. */
  readonly compact: string
  readonly parts: readonly Part[]
  readonly header: JsonObject | null
  readonly payload: JsonObject | null
  readonly faults: readonly Fault[]
  /** What is to be known about it beside its faults. */
  readonly notes: readonly string[]
}

/** Characters of one token that are looked at. */
export const MAX_SHOWN_CHARS = 65_536
const PARTS_OF_JWS: readonly PartName[] = ['header', 'payload', 'signature']
const PARTS_OF_JWE: readonly PartName[] = [
  'header',
  'encrypted key',
  'initialization vector',
  'ciphertext',
  'authentication tag',
]
const PASETO = /^v[1-4]\.(local|public)\./
const encoder = new TextEncoder()

interface Range {
  readonly name: PartName
  readonly start: number
  readonly end: number
}

export function readToken(pasted: string): Token {
  const text = pasted.slice(0, MAX_SHOWN_CHARS)
  const faults: Fault[] = []
  const note = (part: Fault['part'], index: number, inside: number | null, reason: string) =>
    faults.push({ part, index, byte: encoder.encode(text.slice(0, index)).length, inside, reason })
  if (pasted.length > MAX_SHOWN_CHARS) {
    note('token', MAX_SHOWN_CHARS, null, `too large: only the first ${MAX_SHOWN_CHARS} characters are looked at`)
  }
  if (PASETO.test(text)) return paseto(text, faults)

  const tilde = text.indexOf('~')
  const issuerEnd = tilde < 0 ? text.length : tilde
  const ranges = split(text, 0, issuerEnd, '.')
  const isEncrypted = ranges.length >= 4
  const names = isEncrypted ? PARTS_OF_JWE : PARTS_OF_JWS
  const named = ranges.map((range, i): Range => ({ ...range, name: names[i] ?? 'rest' }))
  if (tilde >= 0) named.push(...disclosures(text, tilde))
  if (!isEncrypted && ranges.length < 3) {
    note('token', issuerEnd, null, `it ends after ${ranges.length} of 3 parts`)
  } else if (isEncrypted && ranges.length !== 5) {
    note('token', named[4]?.start ?? issuerEnd, null, `${ranges.length} parts: a JWS has 3, a JWE has 5`)
  }

  const parts = named.map(({ name, start, end }): Part => {
    const segment = holdsJson(name) ? readJsonSegment(text, start, end) : readSegment(text, start, end)
    for (const fault of name === 'key binding' ? [] : segment.faults)
      note(name, fault.index, fault.inside, fault.reason)
    if (start === end && (name === 'header' || name === 'payload')) note(name, start, null, 'it is empty')
    return toPart(name, segment)
  })
  const [header, payload] = [objectOf(parts, 'header'), isEncrypted ? null : objectOf(parts, 'payload')]
  for (const [name, value] of [
    ['header', header],
    ['payload', payload],
  ] as const) {
    const part = parts.find((one) => one.name === name)
    if (part && value === null && part.value !== undefined) note(name, part.start, null, 'it is JSON, but no object')
  }
  const kind = kindOf(header, isEncrypted, tilde >= 0)
  const signature = parts.find(({ name }) => name === 'signature')
  if (signature?.start === signature?.end && signature && kind !== 'unsecured') {
    note('signature', signature.start, null, 'it is empty')
  }
  return {
    kind,
    text,
    compact: text.replace(/\s+/g, ''),
    parts,
    header,
    payload,
    faults: faults.toSorted((a, b) => a.index - b.index),
    notes: notesOf(kind, header),
  }
}

function kindOf(header: JsonObject | null, isEncrypted: boolean, hasDisclosures: boolean): TokenKind {
  if (isEncrypted) return 'jwe'
  if (typeof header?.alg === 'string' && header.alg.toLowerCase() === 'none') return 'unsecured'
  return hasDisclosures ? 'sd-jwt' : 'jws'
}

function paseto(text: string, faults: readonly Fault[]): Token {
  return {
    kind: 'paseto',
    text,
    compact: text.replace(/\s+/g, ''),
    parts: [],
    header: null,
    payload: null,
    faults,
    notes: [
      'PASETO: recognised, not decoded and not verified here. Its version fixes the algorithm; there is no alg to attack.',
      text.includes('.local.')
        ? '“local”: encrypted with a shared key.'
        : '“public”: signed; anybody who holds it can read it.',
    ],
  }
}

const REMOTE = ['jku', 'x5u', 'jwk', 'x5c'] as const

function notesOf(kind: TokenKind, header: JsonObject | null): readonly string[] {
  const notes: string[] = []
  if (kind === 'jwe') notes.push('Encrypted (JWE): only the header can be read. The rest needs a key.')
  if (kind === 'unsecured') notes.push('alg is none: unsecured. Anybody can have written this.')
  if (kind === 'sd-jwt')
    notes.push('SD-JWT: each disclosure reveals one claim; its digest stands in the signed payload.')
  for (const name of REMOTE) {
    if (header && Object.hasOwn(header, name)) notes.push(`${name} in the header: present, ignored, never fetched.`)
  }
  if (header && Object.hasOwn(header, 'crit')) {
    notes.push(
      'crit in the header: a verifier that does not know each extension it names must refuse the token. The product knows none.',
    )
  }
  for (const name of ['b64', 'zip'] as const) {
    if (header && Object.hasOwn(header, name))
      notes.push(`${name} in the header changes how the rest is read: the product refuses it.`)
  }
  return notes
}

function split(text: string, start: number, end: number, by: string): readonly Range[] {
  const ranges: Range[] = []
  for (let from = start; ; ) {
    const dot = text.indexOf(by, from)
    const to = dot < 0 || dot > end ? end : dot
    ranges.push({ name: 'rest', start: from, end: to })
    // What nobody writes is not taken apart.
    if (to >= end || ranges.length === 64) return ranges
    from = to + 1
  }
}

function disclosures(text: string, tilde: number): readonly Range[] {
  return split(text, tilde + 1, text.length, '~')
    .filter(({ start, end }) => end > start)
    .map((range) => ({
      ...range,
      name: text.slice(range.start, range.end).includes('.') ? 'key binding' : 'disclosure',
    }))
}

const holdsJson = (name: PartName): boolean => name === 'header' || name === 'payload' || name === 'disclosure'

function toPart(name: PartName, segment: Segment | JsonSegment): Part {
  const { start, end, bytes } = segment
  return {
    name,
    start,
    end,
    bytes: bytes.length,
    text: 'text' in segment ? segment.text : null,
    value: 'value' in segment ? segment.value : undefined,
  }
}

function objectOf(parts: readonly Part[], name: PartName): JsonObject | null {
  const value = parts.find((part) => part.name === name)?.value
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}
