/** What tokens come wrapped in: header lines, a curl command, a HAR, a JSON answer, PEM. */
import { parseCookie } from '../../../src/http/cookie.ts'
import { harFields } from './har.ts'
import type { Field } from './scan.ts'
import { curlFields } from './shell-words.ts'

export type EnvelopeKind =
  | 'set-cookie'
  | 'cookie'
  | 'authorization'
  | 'pem'
  | 'jwk'
  | 'jwks'
  | 'curl'
  | 'har'
  | 'json'
  | 'text'

export interface Envelope {
  readonly kind: EnvelopeKind
  /** Where tokens may stand. */
  readonly fields: readonly Field[]
  /** Values of `Set-Cookie` lines. */
  readonly setCookies: readonly string[]
  /** Keys, as text that Verify takes. */
  readonly keys: readonly string[]
  readonly notes: readonly string[]
}

const HEADER = /^[ \t]*[<>]?[ \t]*(set-cookie|cookie|authorization|dpop)[ \t]*:[ \t]*(.*)$/gim
const PEM = /-----BEGIN ([A-Z0-9 ]{1,40})-----[\s\S]*?-----END \1-----/g
const NONE = { fields: [], setCookies: [], keys: [], notes: [] } as const

export function openEnvelope(text: string): Envelope {
  return headerLines(text) ?? pem(text) ?? keysOf(text) ?? curl(text) ?? json(text) ?? plain(text)
}

function headerLines(text: string): Envelope | null {
  const lines = [...text.matchAll(HEADER)].map(
    ([, name = '', value = '']) => [name.toLowerCase(), value.trim()] as const,
  )
  const kind = (['set-cookie', 'cookie', 'authorization'] as const).find((name) => lines.some(([one]) => one === name))
  return kind ? { ...NONE, ...readHeaders(lines), kind } : null
}

/** Fields of header lines, wherever they were found. */
export function readHeaders(
  lines: readonly (readonly [name: string, value: string])[],
  place = '',
): Pick<Envelope, 'fields' | 'setCookies' | 'notes'> {
  const fields: Field[] = []
  const setCookies: string[] = []
  const notes: string[] = []
  for (const [name, value] of lines) {
    if (name === 'set-cookie') {
      setCookies.push(value)
      const [pair = ''] = value.split(';')
      fields.push({ source: `${place}Set-Cookie ${pair.slice(0, pair.indexOf('=')).trim()}`, text: pair })
    } else if (name === 'cookie') {
      for (const [cookie, content] of cookiesOf(value))
        fields.push({ source: `${place}Cookie ${cookie}`, text: content })
    } else {
      if (/^basic\s/i.test(value))
        notes.push('Authorization: Basic holds a user name and a password, only encoded: not shown here.')
      fields.push({
        source: `${place}${name === 'dpop' ? 'DPoP' : name === 'authorization' ? 'Authorization' : name}`,
        text: value,
      })
    }
  }
  return { fields, setCookies, notes }
}

function cookiesOf(header: string): ReturnType<typeof parseCookie> {
  try {
    return parseCookie(header)
  } catch {
    // Longer than the product reads.
    return [['', header]]
  }
}

function pem(text: string): Envelope | null {
  const blocks = [...text.matchAll(PEM)]
  if (blocks.length === 0) return null
  const labels = blocks.map(([, label]) => label ?? '')
  const secret = labels.some((label) => label.includes('PRIVATE'))
  return {
    ...NONE,
    kind: 'pem',
    keys: blocks.map(([block]) => block),
    fields: [{ source: 'beside the key', text: text.replace(PEM, ' ') }],
    notes: [
      `PEM: ${labels.join(', ').toLowerCase()}.`,
      ...(secret ? ['A private key: whoever has it can sign. It stays in memory here and is never sent.'] : []),
    ],
  }
}

function parsed(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function keysOf(text: string): Envelope | null {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null) return null
  const { kty, keys } = value as { readonly kty?: unknown; readonly keys?: unknown }
  if (typeof kty === 'string') return { ...NONE, kind: 'jwk', keys: [text.trim()], notes: keyNotes([value]) }
  if (!Array.isArray(keys) || !keys.some((key) => typeof key?.kty === 'string')) return null
  return { ...NONE, kind: 'jwks', keys: [text.trim()], notes: keyNotes(keys) }
}

function keyNotes(keys: readonly unknown[]): readonly string[] {
  const notes = keys.slice(0, 20).map((key) => {
    const { kty, crv, alg, use, kid } = (typeof key === 'object' && key !== null ? key : {}) as Record<string, unknown>
    const said = [kty, crv, alg, use].filter((one) => typeof one === 'string').join(' ')
    return `Key ${typeof kid === 'string' ? `“${kid.slice(0, 60)}”` : 'without kid'}: ${said}.`
  })
  const isPrivate = keys.some((key) => typeof key === 'object' && key !== null && ('d' in key || 'k' in key))
  return isPrivate ? [...notes, 'It holds private members: a set that is published must not.'] : notes
}

function curl(text: string): Envelope | null {
  if (!/^\s*(?:\$\s+)?curl\s/.test(text)) return null
  const { headers, others } = curlFields(text)
  const read = readHeaders(headers, 'curl: ')
  return { ...NONE, ...read, kind: 'curl', fields: [...read.fields, ...others] }
}

function json(text: string): Envelope | null {
  const value = parsed(text)
  if (value === undefined) return null
  const har = harFields(value)
  if (har) {
    const read = readHeaders(har.cookies)
    return { ...NONE, kind: 'har', fields: har.fields, setCookies: read.setCookies, notes: har.notes }
  }
  const fields: Field[] = []
  walk(value, '', fields)
  return { ...NONE, kind: 'json', fields }
}

const MAX_FIELDS = 2000

function walk(value: unknown, path: string, into: Field[], depth = 0): void {
  if (into.length >= MAX_FIELDS || depth > 32) return
  if (typeof value === 'string') into.push({ source: `JSON ${path}`, text: value })
  else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) walk(one, path === '' ? name : `${path}.${name}`, into, depth + 1)
  }
}

function plain(text: string): Envelope {
  const fields = text.split('\n', MAX_FIELDS).map((line, i) => ({ source: `line ${i + 1}`, text: line }))
  return { ...NONE, kind: 'text', fields }
}
