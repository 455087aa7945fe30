/** Reads a `Set-Cookie` line the way Chromium does (RFC 6265bis §5.6, with Chromium's own limits). */
import { findControl, lowerAscii, trimBlank } from './bytes.ts'
import type { Rejection } from './reasons.ts'

export const NAME_VALUE_LIMIT = 4096
export const ATTRIBUTE_LIMIT = 1024

export type SameSite = 'strict' | 'lax' | 'none' | 'unset'
export type Priority = 'low' | 'medium' | 'high'

export interface SetCookie {
  readonly name: string
  readonly value: string
  /** Raw attribute values; the last of several counts, even when it is empty or senseless. */
  readonly domain: string | null
  readonly path: string | null
  readonly expires: string | null
  readonly maxAge: string | null
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly sameSite: SameSite
  readonly partitioned: boolean
  readonly priority: Priority
  /** Attributes that a browser read and then dropped: unknown ones, over-long ones and all but the last of a kind. */
  readonly dropped: readonly { readonly name: string; readonly why: 'unknown' | 'too-long' | 'repeated' }[]
}

const KNOWN = new Set([
  'domain',
  'path',
  'expires',
  'max-age',
  'secure',
  'httponly',
  'samesite',
  'partitioned',
  'priority',
])

/** @param line a byte string, without the header's name */
export function parseSetCookie(line: string): SetCookie | Rejection {
  if (/[\0\r\n]/.test(line)) return { rejected: 'control-character' }
  const parts = line.split(';')
  const [name, value] = splitPair(parts[0] ?? '', true)
  if (name === '' && value === '') return { rejected: 'empty' }
  // Sent back, it would read as a cookie with a name.
  if (name === '' && value.includes('=')) return { rejected: 'nameless-equals' }
  if (name.length + value.length > NAME_VALUE_LIMIT) return { rejected: 'too-big' }
  if (findControl(name) >= 0 || findControl(value) >= 0) return { rejected: 'control-character' }

  const attributes = new Map<string, string>()
  const dropped: { name: string; why: 'unknown' | 'too-long' | 'repeated' }[] = []
  for (const part of parts.slice(1)) {
    const [given, content] = splitPair(part, false)
    const attribute = lowerAscii(given)
    if (findControl(attribute) >= 0 || findControl(content) >= 0) return { rejected: 'control-character' }
    if (content.length > ATTRIBUTE_LIMIT) {
      dropped.push({ name: attribute, why: 'too-long' })
      continue
    }
    if (!KNOWN.has(attribute)) {
      if (attribute !== '' || content !== '') dropped.push({ name: attribute, why: 'unknown' })
      continue
    }
    if (attributes.has(attribute)) dropped.push({ name: attribute, why: 'repeated' })
    attributes.set(attribute, content)
  }
  return {
    name,
    value,
    domain: attributes.get('domain') ?? null,
    path: attributes.get('path') ?? null,
    expires: attributes.get('expires') ?? null,
    maxAge: attributes.get('max-age') ?? null,
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    sameSite: parseSameSite(attributes.get('samesite')),
    partitioned: attributes.has('partitioned'),
    priority: parsePriority(attributes.get('priority')),
    dropped,
  }
}

/** The first part without `=` is a value without a name; a later one is a name without a value. */
function splitPair(part: string, first: boolean): readonly [name: string, value: string] {
  const equals = part.indexOf('=')
  if (equals >= 0) return [trimBlank(part.slice(0, equals)), trimBlank(part.slice(equals + 1))]
  return first ? ['', trimBlank(part)] : [trimBlank(part), '']
}

function parseSameSite(content: string | undefined): SameSite {
  const lower = lowerAscii(content ?? '')
  return lower === 'strict' || lower === 'lax' || lower === 'none' ? lower : 'unset'
}

function parsePriority(content: string | undefined): Priority {
  const lower = lowerAscii(content ?? '')
  return lower === 'low' || lower === 'high' ? lower : 'medium'
}
