/** The compact JWS (RFC 7515 §3.1), read strictly (RFC 8725 and its successor). Nothing here believes the token. */
import { decodeBase64url } from '../crypto/base64url.ts'
import { nodeBuffer } from '../crypto/node-crypto.ts'
import { AuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { parseStrictObject } from './strict-json.ts'

/** Characters of a token, at most. */
export const MAX_TOKEN_CHARS = 8192

/** The header members that are looked at. `jwk`, `jku`, `x5c`, `x5u` and all others are never used and never fetched. */
export interface JwsHeader {
  /** Only ever compared with what the key says. */
  readonly algorithm: string
  readonly keyId: string | null
  /** `typ` as a media type: lower case, with `application/`; null when absent. */
  readonly type: string | null
}

export interface Jws<Payload = JsonObject> {
  readonly header: JwsHeader
  /** The header's segment as it stands in the token. */
  readonly headerText: string
  readonly payload: Payload
  /** What was signed: the first two segments. */
  readonly input: string
  /** The third segment, not decoded: a key accepts it only in its one canonical form. */
  readonly signature: string
}

/** Headers that were seen on good tokens: an issuer writes the same one again and again. */
export interface HeaderCache {
  get(headerText: string): JwsHeader | undefined
}

const NO_HEADERS: HeaderCache = new Map<string, JwsHeader>()
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Takes a token apart. The signature is not checked.
 *
 * @param token whatever the caller was handed
 * @throws AuthError `token.too_large`; `token.malformed` for anything but three segments of which the first two
 *   are canonical base64url of strict JSON objects, with well-typed `alg`, `kid`, `typ`; `token.critical` for `crit`, `zip` or `b64`
 */
export function parseJws(token: unknown, headers: HeaderCache = NO_HEADERS, maxChars = MAX_TOKEN_CHARS): Jws {
  return parseCompact(token, headers, maxChars, parseSegment)
}

/**
 * The same for any payload: `readPayload` is handed the second segment and answers null for one that it refuses. A JWS
 * need not hold JSON; every token of ours does.
 */
export function parseCompact<Payload>(
  token: unknown,
  headers: HeaderCache,
  maxChars: number,
  readPayload: (segment: string) => Payload | null,
): Jws<Payload> {
  if (typeof token !== 'string') throw malformed('it is no text')
  if (token.length > maxChars) throw new AuthError('token.too_large', 'the token is too large')
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first < 0 || second < 0 || token.includes('.', second + 1)) throw malformed('it does not have three segments')
  const headerText = token.slice(0, first)
  const signature = token.slice(second + 1)
  if (signature === '') throw malformed('it has no signature')
  const header = headers.get(headerText) ?? parseHeader(headerText)
  const payload = readPayload(token.slice(first + 1, second))
  if (payload === null) throw malformed('the payload is no strict JSON object')
  return { header, headerText, payload, input: token.slice(0, second), signature }
}

function parseHeader(text: string): JwsHeader {
  const header = parseSegment(text)
  if (!header) throw malformed('the header is no strict JSON object')
  for (const name of ['crit', 'zip', 'b64']) {
    // Each changes how the rest is to be read. We know no extension, so that `crit` can only name an unknown one.
    if (Object.hasOwn(header, name)) throw new AuthError('token.critical', `the token's header holds ${name}`)
  }
  const { alg, kid, typ } = header
  if (typeof alg !== 'string' || alg === '') throw malformed('alg is no text')
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) throw malformed('kid is no text')
  if (typ !== undefined && typeof typ !== 'string') throw malformed('typ is no text')
  return { algorithm: alg, keyId: kid ?? null, type: typ === undefined ? null : mediaType(typ) }
}

/** RFC 7515 §4.1.9: `application/` may be left out; case does not matter. */
export function mediaType(typ: string): string {
  const lower = typ.toLowerCase()
  return lower.includes('/') ? lower : `application/${lower}`
}

function parseSegment(segment: string): JsonObject | null {
  if (segment === '') return null
  const text = decodeSegment(segment)
  return text === null ? null : parseStrictObject(text)
}

/** The text of a segment, or null for anything but canonical base64url of UTF-8. */
export function decodeSegment(segment: string): string | null {
  return nodeBuffer ? decodeOnNode(segment) : decodeAnywhere(segment)
}

/** Buffer skips what is no base64url: only a text that is the one encoding of its bytes comes back the same. */
function decodeOnNode(segment: string): string | null {
  const bytes = (nodeBuffer as NonNullable<typeof nodeBuffer>).from(segment, 'base64url')
  return bytes.toString('base64url') === segment ? decodeUtf8(bytes) : null
}

function decodeAnywhere(segment: string): string | null {
  const bytes = decodeBase64url(segment)
  return bytes && decodeUtf8(bytes)
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

function malformed(why: string): AuthError {
  return new AuthError('token.malformed', `the token is malformed: ${why}`)
}
