/** What is unwise about a token, whether or not its signature is good. */
import type { JsonObject } from '../../../src/json.ts'
import { isSignatureAlgorithm } from '../../../src/token/algorithms.ts'
import { MAX_TOKEN_CHARS } from '../../../src/token/jws.ts'
import { MAX_LIFETIME_SECONDS } from '../../../src/token/lifetime.ts'
import { COOKIE_BYTES, HEADER_BYTES, share } from './budget.ts'
import type { Token } from './token.ts'

export interface Lint {
  readonly code: string
  readonly tone: 'bad' | 'warn' | 'plain'
  readonly text: string
}

const ROLE_NAMES = [
  'roles',
  'role',
  'groups',
  'permissions',
  'entitlements',
  'authorities',
  'scopes',
  'scp',
  'realm_access',
  'resource_access',
]
const PERSONAL = [
  'email',
  'name',
  'given_name',
  'family_name',
  'middle_name',
  'nickname',
  'preferred_username',
  'phone_number',
  'birthdate',
  'address',
  'gender',
  'picture',
  'ssn',
  'ip',
  'ip_address',
  'upn',
  'unique_name',
]
const FAT_BYTES = 256
const MAX_ROLES = 10
const encoder = new TextEncoder()
const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value) ?? '').length

/** @param now seconds since 1970 */
export function lintToken(token: Token, now: number): readonly Lint[] {
  if (token.kind === 'paseto') return []
  const { header, payload, compact } = token
  const claims =
    token.kind === 'jwe' || payload === null ? [] : [...times(payload, now), ...missing(payload), ...content(payload)]
  return [...algorithm(header), ...claims, ...size(compact.length)]
}

const lint = (tone: Lint['tone'], code: string, text: string): Lint => ({ code, tone, text })

function algorithm(header: JsonObject | null): readonly Lint[] {
  if (header === null) return []
  const { alg, typ, kid } = header
  const found: Lint[] = []
  if (typeof alg === 'string' && alg.toLowerCase() === 'none')
    found.push(lint('bad', 'alg-none', 'alg is none: nobody signed this'))
  else if (typeof alg !== 'string') found.push(lint('bad', 'alg-missing', 'no alg'))
  else if (/^HS/.test(alg)) found.push(lint('plain', 'alg-shared', `${alg}: whoever can verify can also sign`))
  else if (!isSignatureAlgorithm(alg) && header.enc === undefined)
    found.push(lint('plain', 'alg-foreign', `${alg} is an algorithm that the product does not have`))
  if (typ === undefined)
    found.push(lint('warn', 'no-typ', 'no typ: an ID token may pass as an access token (RFC 8725 §3.11)'))
  if (typeof kid === 'string' && /[./\\'";]|\.\.|--/.test(kid))
    found.push(lint('warn', 'kid-odd', 'kid holds characters of a path or a query: a careless look-up may run it'))
  return found
}

function times(payload: JsonObject, now: number): readonly Lint[] {
  const { exp, iat, nbf } = payload
  const found: Lint[] = []
  if (exp === undefined) found.push(lint('bad', 'no-exp', 'no exp: it never ends'))
  else if (typeof exp !== 'number') found.push(lint('bad', 'exp-type', 'exp is no number'))
  for (const [name, value] of Object.entries({ exp, iat, nbf })) {
    if (typeof value === 'number' && value > 100_000_000_000)
      found.push(lint('bad', 'milliseconds', `${name} looks like milliseconds: a NumericDate is in seconds`))
  }
  if (typeof exp === 'number' && exp <= now) found.push(lint('warn', 'expired', 'expired'))
  if (typeof nbf === 'number' && nbf > now) found.push(lint('warn', 'not-yet', 'not valid yet'))
  if (typeof iat === 'number' && iat > now)
    found.push(lint('warn', 'iat-future', 'issued in the future: a clock is wrong somewhere'))
  if (typeof exp === 'number' && typeof iat === 'number') {
    if (exp <= iat) found.push(lint('bad', 'exp-before-iat', 'exp is not after iat: it never was valid'))
    else if (exp - iat > MAX_LIFETIME_SECONDS) {
      const hours = (exp - iat) / 3600
      const life = hours >= 48 ? `${Math.round(hours / 24)} days` : `${Math.round(hours * 10) / 10} hours`
      found.push(lint('bad', 'long-life', `lives ${life}: over 60 minutes a stolen one is worth stealing`))
    }
  }
  return found
}

const WANTED: Readonly<Record<string, string>> = {
  jti: 'no jti: one token cannot be revoked or told from its copy',
  aud: 'no aud: any service of the issuer may accept it',
  iss: 'no iss: nobody can say whose key to use',
  sub: 'no sub: it names nobody',
  iat: 'no iat: its age is unknown',
}

function missing(payload: JsonObject): readonly Lint[] {
  return Object.entries(WANTED)
    .filter(([name]) => payload[name] === undefined)
    .map(([name, text]) => lint('warn', `no-${name}`, text))
}

function content(payload: JsonObject): readonly Lint[] {
  const found: Lint[] = []
  for (const [name, value] of Object.entries(payload)) {
    const bytes = bytesOf(value)
    if (ROLE_NAMES.includes(name.toLowerCase())) {
      const count = Array.isArray(value) ? value.length : 1
      const tone = count > MAX_ROLES ? 'warn' : 'plain'
      found.push(
        lint(
          tone,
          'stale-roles',
          `${name}: ${count === 1 ? 'it goes' : `${count} of them go`} stale until the token is renewed`,
        ),
      )
    }
    if (bytes > FAT_BYTES) found.push(lint('warn', 'fat-claim', `${name} alone is ${bytes} B in every request`))
    if (PERSONAL.includes(name.toLowerCase()))
      found.push(lint('plain', 'personal', `${name} is personal data: whoever sees the token reads it`))
    if (/password|passwd|secret|api_?key|credit/i.test(name))
      found.push(lint('bad', 'secret-claim', `${name} looks like a secret: a payload is not encrypted`))
  }
  return found
}

function size(bytes: number): readonly Lint[] {
  if (bytes > MAX_TOKEN_CHARS)
    return [lint('bad', 'too-large', `${bytes} B: over the ${MAX_TOKEN_CHARS} characters that the product reads`)]
  if (bytes >= COOKIE_BYTES) return [lint('bad', 'no-cookie', `${bytes} B: no cookie holds it (4096 B with its name)`)]
  if (bytes > HEADER_BYTES / 4)
    return [lint('warn', 'header-share', `${share(bytes, HEADER_BYTES)} of an 8 kB header budget`)]
  return []
}
