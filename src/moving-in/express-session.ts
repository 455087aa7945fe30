/** Logins that express-session holds in any of its stores: connect-redis, connect-pg-simple and the rest. */
import { encodeBase64url } from '../crypto/base64url.ts'
import { equalTexts, hmacSha256 } from '../crypto/digest.ts'
import { AuthError } from '../errors.ts'
import type { FormerLogins } from '../http/move-in.ts'
import type { Json } from '../json.ts'
import type { FormerLogin } from '../login/move-in-shape.ts'
import { checkCookie, checkUntil, expireFormer, readFormer } from './former-cookie.ts'

/** What is used of a store of express-session. */
export interface ExpressSessionStore {
  get(sid: string, callback: (error: unknown, session?: object | null) => void): unknown
  destroy(sid: string, callback?: (error?: unknown) => void): unknown
}

export interface ExpressSessionOptions<S> {
  /** As express-session was told: all that still count, in any order. */
  readonly secret: string | readonly string[]
  /** Who is logged in by a session; null or undefined: nobody is. */
  readonly subjectOf: (session: S) => string | null | undefined
  /** What the new session takes over of its data; default: nothing. Must be JSON. */
  readonly dataOf?: (session: S) => Json
  /** When the user logged in, in seconds since 1970, if the session tells; default: long ago. */
  readonly authenticatedAt?: (session: S) => number
  readonly mode?: 'cookie' | 'hybrid'
  /** Default `connect.sid` on `/`. */
  readonly cookie?: { readonly name?: string; readonly path?: string; readonly domain?: string }
  /**
   * Once a login has moved in: `end` it (default), or `keep` the old one, for as long as an older release of the application
   * may have to go on with it. It moves in once only either way.
   */
  readonly former?: 'end' | 'keep'
  /** From then on (seconds since 1970) no login moves in any more. Default: no end. */
  readonly until?: number
}

const encoder = new TextEncoder()
/** Longer ids than any library makes are not looked at. */
const MAX_SID = 512

/**
 * The signature is compared in constant time before any store is asked. A session without a subject stays where it is.
 *
 * @throws TypeError for an option that is missing or ill-typed
 */
export function fromExpressSession<S extends object = Record<string, unknown>>(
  store: ExpressSessionStore,
  options: ExpressSessionOptions<S>,
): FormerLogins {
  if (typeof store?.get !== 'function' || typeof store.destroy !== 'function') {
    throw new TypeError('the store has get and destroy, as those of express-session do')
  }
  const { subjectOf, dataOf, authenticatedAt, mode, former = 'end' } = options
  if (typeof subjectOf !== 'function') throw new TypeError('subjectOf tells who is logged in')
  if (former !== 'end' && former !== 'keep') throw new TypeError("former is 'end' or 'keep'")
  const keys = toKeys(options.secret)
  const cookie = checkCookie({ name: 'connect.sid', ...options.cookie })

  const load = async (sid: string): Promise<FormerLogin | null> => {
    const found = await get(store, sid)
    if (!found || isOver(found)) return null
    // What the application itself has put there.
    const session = found as S
    const subject = subjectOf(session)
    if (subject === null || subject === undefined) return null
    return {
      subject,
      ...(mode ? { mode } : {}),
      ...(dataOf ? { data: dataOf(session) } : {}),
      ...(authenticatedAt ? { authenticatedAt: authenticatedAt(session) } : {}),
    }
  }

  return {
    kind: 'express-session',
    until: checkUntil(options.until),
    read(header) {
      const value = readFormer(header, cookie.name)
      const sid = value === null ? null : unsign(value, keys)
      if (sid === null) return null
      return {
        key: sid,
        load: () => load(sid),
        end: () => (former === 'keep' ? Promise.resolve() : destroy(store, sid)),
        names: [cookie.name],
        expired: former === 'keep' ? [] : [expireFormer(cookie.name, cookie)],
      }
    },
  }
}

function toKeys(secret: string | readonly string[]): readonly Uint8Array[] {
  const secrets = typeof secret === 'string' ? [secret] : secret
  if (!Array.isArray(secrets) || secrets.length === 0) throw new TypeError('secret is missing')
  return secrets.map((one: unknown) => {
    if (typeof one !== 'string' || one === '') throw new TypeError('a secret is a text that is not empty')
    return encoder.encode(one)
  })
}

/** `s:<sid>.<HMAC-SHA-256 in base64 without padding>`. Every secret is tried, whichever fits. */
function unsign(value: string, keys: readonly Uint8Array[]): string | null {
  const dot = value.lastIndexOf('.')
  if (!value.startsWith('s:') || dot <= 2 || dot > MAX_SID) return null
  const sid = value.slice(2, dot)
  const signature = value.slice(dot + 1)
  let genuine = false
  for (const key of keys) {
    const expected = encodeBase64url(hmacSha256(key, sid)).replaceAll('-', '+').replaceAll('_', '/')
    if (equalTexts(expected, signature)) genuine = true
  }
  return genuine ? sid : null
}

/** Most stores answer no session that has expired; this holds for all. */
function isOver(session: object): boolean {
  const { cookie } = session as { readonly cookie?: { readonly expires?: unknown; readonly _expires?: unknown } }
  const expires = cookie?.expires ?? cookie?._expires
  if (typeof expires !== 'string' && typeof expires !== 'number' && !(expires instanceof Date)) return false
  return new Date(expires).getTime() <= Date.now()
}

function get(store: ExpressSessionStore, sid: string): Promise<object | null> {
  return answer<object | null | undefined>((done) => store.get(sid, done)).then((session) => session ?? null)
}

function destroy(store: ExpressSessionStore, sid: string): Promise<void> {
  return answer<unknown>((done) => store.destroy(sid, done)).then(() => undefined)
}

/** A store calls back; some also throw, or answer with a promise that rejects. */
async function answer<T>(ask: (done: (error: unknown, value?: T) => void) => unknown): Promise<T | undefined> {
  try {
    return await new Promise<T | undefined>((resolve, reject) => {
      const returned = ask((error, value) => (error ? reject(error) : resolve(value)))
      if (returned instanceof Promise) returned.catch(reject)
    })
  } catch (cause) {
    throw new AuthError('store.unavailable', 'the former session store did not answer', { cause, retryAfterSeconds: 2 })
  }
}
