/** Reads request bodies: bounded, of a named media type, strictly decoded. */
import { AuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { parseStrictObject } from '../token/strict-json.ts'
import type { HttpRequest, IncomingBody } from './message.ts'

/** Bytes of a request body that are read at most. */
export const BODY_LIMIT = 64 * 1024

const MAX_FORM_FIELDS = 64

/** `type/subtype` (RFC 9110 §8.3.1), blanks around it. */
const MEDIA_TYPE = /^[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*$/

/** Fields of a JSON object or a form. Only own members count; each has one value. */
export interface Fields {
  /** How they came. */
  readonly form: boolean
  /** A string, null when absent. @throws AuthError `request.malformed` when it is no string */
  text(name: string): string | null
  /** A string that must be there. @throws AuthError `request.malformed` */
  required(name: string): string
  /** Any JSON value; undefined when absent. */
  value(name: string): unknown
}

/**
 * The whole body.
 * @throws AuthError `request.too_large`, as soon as the limit is passed; `request.malformed` when the client went away;
 *   `request.media_type` for a compressed body, whose size nobody knows beforehand
 */
export async function readBytes(request: HttpRequest, limit: number = BODY_LIMIT): Promise<Uint8Array> {
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new AuthError('request.media_type', 'send the body uncompressed')
  }
  const announced = request.headers.get('content-length')
  if (announced !== null && !/^\d{1,15}$/.test(announced)) {
    throw new AuthError('request.malformed', 'Content-Length is not a number')
  }
  if (announced !== null && Number(announced) > limit) throw tooLarge(limit)
  return collect(request.body, limit)
}

/**
 * The fields of an `application/json` object or an `application/x-www-form-urlencoded` form. An empty body without a
 * `Content-Type` has no fields.
 * @throws AuthError `request.media_type`, `request.malformed`, `request.too_large`
 */
export async function readFields(request: HttpRequest, limit: number = BODY_LIMIT): Promise<Fields> {
  const type = mediaType(request.headers.get('content-type'))
  if (type === null) {
    const bytes = await readBytes(request, limit)
    if (bytes.length === 0) return fieldsOf(new Map(), false)
    throw wrongType()
  }
  if (type === 'application/json') {
    const value = parseObject(await readBytes(request, limit))
    return fieldsOf(new Map(Object.entries(value)), false)
  }
  if (type === 'application/x-www-form-urlencoded') {
    return fieldsOf(parseForm(decodeUtf8(await readBytes(request, limit))), true)
  }
  throw wrongType()
}

/**
 * A whole JSON object, for routes that take one as it is.
 * @throws AuthError `request.media_type`, `request.malformed`, `request.too_large`
 */
export async function readJsonObject(request: HttpRequest, limit: number = BODY_LIMIT): Promise<JsonObject> {
  if (mediaType(request.headers.get('content-type')) !== 'application/json') {
    throw new AuthError('request.media_type', 'send application/json, in UTF-8')
  }
  return parseObject(await readBytes(request, limit))
}

function parseObject(bytes: Uint8Array): JsonObject {
  const value = parseStrictObject(decodeUtf8(bytes))
  // Our own words: the parser's would quote the body, which may hold a password.
  if (!value) {
    throw new AuthError(
      'request.malformed',
      'the body must be one JSON object, no member named twice, 16 levels at most',
    )
  }
  return value
}

/**
 * The pairs of a form (WHATWG URL §5.1).
 * @throws AuthError `request.malformed` for a repeated name, broken percent-encoding or too many fields
 */
export function parseForm(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  if (text === '') return fields
  const pairs = text.split('&', MAX_FORM_FIELDS + 1)
  if (pairs.length > MAX_FORM_FIELDS) throw new AuthError('request.malformed', 'the form has too many fields')
  for (const pair of pairs) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodeFormPart(equals < 0 ? pair : pair.slice(0, equals))
    if (fields.has(name)) throw new AuthError('request.malformed', 'a form field is given twice')
    fields.set(name, equals < 0 ? '' : decodeFormPart(pair.slice(equals + 1)))
  }
  return fields
}

/** Type and subtype in lower case; null when there is no header. A `charset` other than UTF-8 makes it another type. */
function mediaType(header: string | null): string | null {
  if (header === null || header === '') return null
  const semicolon = header.indexOf(';')
  // Bound to the start: a pattern that looks for blanks anywhere would take seconds over a header full of them.
  const [, named = ''] = MEDIA_TYPE.exec(semicolon < 0 ? header : header.slice(0, semicolon)) ?? []
  const type = named.toLowerCase()
  const parameters = semicolon < 0 ? '' : header.slice(semicolon)
  const charset = /;[ \t]*charset[ \t]*=[ \t]*"?([^";, \t]*)/i.exec(parameters)?.[1]
  return charset === undefined || charset.toLowerCase() === 'utf-8' ? type : `${type};charset`
}

function fieldsOf(members: ReadonlyMap<string, unknown>, form: boolean): Fields {
  const text = (name: string): string | null => {
    const value = members.get(name)
    if (value === undefined || value === null) return null
    if (typeof value !== 'string') throw new AuthError('request.malformed', `"${name}" must be a string`)
    return value
  }
  return {
    form,
    text,
    required(name) {
      const value = text(name)
      if (value === null || value === '') throw new AuthError('request.malformed', `"${name}" is missing`)
      return value
    },
    value: (name) => members.get(name),
  }
}

function decodeFormPart(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '))
  } catch (cause) {
    throw new AuthError('request.malformed', 'the form is not valid percent-encoded UTF-8', { cause })
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new AuthError('request.malformed', 'the body is not valid UTF-8', { cause })
  }
}

async function collect(body: IncomingBody, limit: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array(0)
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    if (bytes.length > limit) throw tooLarge(limit)
    return bytes
  }
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of iterate(body)) {
      length += chunk.length
      if (length > limit) break
      chunks.push(chunk)
    }
  } catch (cause) {
    throw new AuthError('request.malformed', 'the body broke off', { cause })
  }
  if (length > limit) throw tooLarge(limit)
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** Not every browser iterates a stream by itself. Leaving the loop cancels the stream. */
async function* iterate(body: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (!('getReader' in body)) {
    yield* body
    return
  }
  const reader = body.getReader()
  let finished = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) {
        finished = true
        return
      }
      yield value
    }
  } finally {
    if (!finished) await reader.cancel()
    reader.releaseLock()
  }
}

function tooLarge(limit: number): AuthError {
  return new AuthError('request.too_large', `the body is larger than ${limit} bytes`)
}

function wrongType(): AuthError {
  return new AuthError('request.media_type', 'send application/json or application/x-www-form-urlencoded, in UTF-8')
}
