/** Logins that are nothing but a cookie which the server has encrypted: iron-session, next-auth with JWT sessions, and the like. */
import type { FormerLogins } from '../http/move-in.ts'
import type { FormerLogin } from '../login/move-in-shape.ts'
import { checkCookie, checkUntil, expireFormer, type FormerCookieOptions, readFormer } from './former-cookie.ts'

export interface SealedCookieOptions {
  /** Letters, digits and `-`: keeps the logins of two libraries apart. */
  readonly kind: string
  /** One, or several under which the login may be found, the likeliest first. */
  readonly cookie: FormerCookieOptions | readonly FormerCookieOptions[]
  /** The login inside, or null for a seal that is broken, expired or of nobody. What it throws is answered with 500. */
  readonly open: (value: string, cookieName: string) => Promise<FormerLogin | null>
  /** Once a login has moved in: remove its cookie (`end`, default) or leave it. Such a login cannot be ended anywhere else. */
  readonly former?: 'end' | 'keep'
  /**
   * From then on (seconds since 1970) no login moves in any more: nobody can end such logins one by one, so that the door
   * should not stay open for ever. Default: no end.
   */
  readonly until?: number
}

const KIND = /^[A-Za-z0-9-]+$/
/** Of a value that was too long for one cookie: `name.0`, `name.1`, ... */
const MAX_PARTS = 10

/** @throws TypeError for an option that is missing or ill-typed */
export function fromSealedCookie({ kind, cookie, open, former = 'end', until }: SealedCookieOptions): FormerLogins {
  if (!KIND.test(kind)) throw new TypeError('kind is a name of letters, digits and -')
  if (typeof open !== 'function') throw new TypeError('open is a function')
  if (former !== 'end' && former !== 'keep') throw new TypeError("former is 'end' or 'keep'")
  const cookies = (isList(cookie) ? cookie : [cookie]).map(checkCookie)

  return {
    kind,
    until: checkUntil(until),
    read(header) {
      for (const one of cookies) {
        const found = readWhole(header, one.name)
        if (!found) continue
        return {
          key: `${one.name}:${found.value}`,
          load: () => open(found.value, one.name),
          end: () => Promise.resolve(),
          names: found.names,
          expired: former === 'keep' ? [] : found.names.map((name) => expireFormer(name, one)),
        }
      }
      return null
    },
  }
}

function isList(
  cookie: FormerCookieOptions | readonly FormerCookieOptions[],
): cookie is readonly FormerCookieOptions[] {
  return Array.isArray(cookie)
}

function readWhole(header: string, name: string): { readonly value: string; readonly names: readonly string[] } | null {
  const whole = readFormer(header, name)
  if (whole !== null) return { value: whole, names: [name] }
  const names: string[] = []
  let value = ''
  for (let i = 0; i < MAX_PARTS; i++) {
    const part = readFormer(header, `${name}.${i}`)
    if (part === null) break
    names.push(`${name}.${i}`)
    value += part
  }
  return value === '' ? null : { value, names }
}
