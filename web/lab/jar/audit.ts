/** One line after the other, as a browser would take them, and what can be said about each cookie that it keeps. */
import { parseCookie } from '../../../src/http/cookie.ts'
import { toBytes, toText } from './bytes.ts'
import type { Exchange } from './exchange.ts'
import { createJar, type Jar, type SetVerdict } from './jar.ts'
import type { Place } from './place.ts'
import { prefixOf } from './prefix.ts'
import { rejectionText } from './reasons.ts'
import type { JarSettings } from './settings.ts'
import { pairOf, type StoredCookie } from './stored-cookie.ts'
import { adviceFor, suggest } from './suggest.ts'

/** `replace`: in its place. `shadow`: one of the same name beside it, so that the server gets two. */
export type Harm = 'replace' | 'shadow' | 'nothing'

export interface Facts {
  readonly cookie: StoredCookie
  readonly byteCount: number
  readonly readableByScript: boolean
  readonly byScript: Harm
  readonly bySibling: Harm
  /** What a server may read otherwise than it was meant. */
  readonly encoding: readonly string[]
}

export interface AuditedLine {
  readonly text: string
  readonly verdict: SetVerdict
  readonly why: readonly string[]
  /** Attributes that were read and dropped, in words. */
  readonly dropped: readonly string[]
  readonly suggestion: string | null
  readonly advice: string | null
  readonly facts: Facts | null
  /** A later line replaced, removed or evicted it. */
  readonly isGone: boolean
}

/** More lines than this are not looked at. */
export const LINES_LIMIT = 200

export interface Audit {
  readonly lines: readonly AuditedLine[]
  readonly jar: Jar
}

const DROPPED = {
  unknown: 'no browser knows it',
  'too-long': 'longer than 1024 bytes, so it was ignored',
  repeated: 'given more than once: the last one counts',
} as const

/** @param text `Set-Cookie` lines, with or without the header's name */
export function audit(text: string, exchange: Exchange, nowMs: number, settings: JarSettings): Audit {
  const jar = createJar(settings)
  const lines = linesOf(text)
    .slice(0, LINES_LIMIT)
    .map((line): AuditedLine => {
      const bytes = toBytes(line)
      const verdict = jar.set(bytes, exchange, nowMs)
      const reasons = verdict.stored ? [] : verdict.reasons
      const suggestion = reasons.length > 0 ? suggest(bytes, exchange, nowMs, settings) : null
      return {
        text: line,
        verdict,
        why: reasons.map(rejectionText),
        dropped: (verdict.line?.dropped ?? []).map(
          ({ name, why }) => `${toText(name) || 'an empty one'}: ${DROPPED[why]}`,
        ),
        suggestion: suggestion === null ? null : toText(suggestion),
        advice: adviceFor(reasons),
        facts: verdict.stored ? factsOf(verdict.cookie, exchange.url, nowMs, settings) : null,
        isGone: false,
      }
    })
  const left = new Set(jar.list(nowMs).map(({ createdAs }) => createdAs))
  const known = lines.map((line) => ({
    ...line,
    isGone: line.facts !== null && !left.has(line.facts.cookie.createdAs),
  }))
  return { lines: known, jar }
}

export function linesOf(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/^\s*set-cookie:\s?/i, ''))
    .filter((line) => line.trim() !== '')
}

function factsOf(cookie: StoredCookie, from: Place, nowMs: number, settings: JarSettings): Facts {
  const own = { ...from, path: cookie.path }
  return {
    cookie,
    byteCount: cookie.name.length + cookie.value.length,
    readableByScript: !cookie.httpOnly,
    byScript: harm(cookie, { url: own, kind: 'script', page: own }, nowMs, settings),
    bySibling: harm(cookie, typedAt({ ...own, host: `sibling-of.${own.site ?? own.host}` }), nowMs, settings),
    encoding: encodingOf(cookie),
  }
}

const typedAt = (url: Place): Exchange => ({ url, kind: 'typed', page: url })

/** Tried on the model: every line that an attacker there could write, against this one cookie. */
function harm(cookie: StoredCookie, attack: Exchange, nowMs: number, settings: JarSettings): Harm {
  const site = attack.url.site ?? attack.url.host
  const own: Place = { ...attack.url, host: cookie.hostOnly ? (attack.kind === 'script' ? attack.url.host : '') : '' }
  const target = own.host === '' ? { ...attack.url, host: cookie.domain } : own
  const original = `${pairOf(cookie)}${describe(cookie)}`
  let worst: Harm = 'nothing'
  for (const domain of [null, cookie.domain, site]) {
    for (const path of [cookie.path, '/', `${cookie.path.replace(/\/$/, '')}/x`]) {
      for (const httpOnly of [false, true]) {
        const jar = createJar(settings)
        jar.set(original, typedAt(target), nowMs)
        const attributes = { domain, path, httpOnly, secure: cookie.secure || prefixOf(cookie.name) !== null }
        const evil = jar.set(`${cookie.name}=evil${attributesOf(attributes)}`, attack, nowMs + 1)
        if (!evil.stored) continue
        if (jar.list(nowMs + 1).length === 1) return 'replace'
        const reaches = jar
          .judge(typedAt({ ...target, path: `${cookie.path.replace(/\/$/, '')}/x` }), nowMs + 1)
          .some(({ cookie: each, withheld }) => each.value === 'evil' && withheld.length === 0)
        if (reaches) worst = 'shadow'
      }
    }
  }
  return worst
}

function describe(cookie: StoredCookie): string {
  const { secure, httpOnly, path, domain, hostOnly, sameSite } = cookie
  const more = sameSite === 'unset' ? '' : `; SameSite=${sameSite}`
  return `${attributesOf({ secure, httpOnly, path, domain: hostOnly ? null : domain })}${more}`
}

function attributesOf(of: { secure: boolean; httpOnly: boolean; path: string; domain: string | null }): string {
  const domain = of.domain === null ? '' : `; Domain=${of.domain}`
  return `; Path=${of.path}${domain}${of.secure ? '; Secure' : ''}${of.httpOnly ? '; HttpOnly' : ''}`
}

/** Where browser and server part: asked of the product's own reader. */
function encodingOf(cookie: StoredCookie): readonly string[] {
  const { name, value } = cookie
  const notes: string[] = []
  const read = parseCookie(pairOf(cookie))[0]
  if (read && (read[0] !== name || read[1] !== value)) notes.push('a server reads another name or value than was set')
  if (/[^\0-\x7f]/.test(name + value)) notes.push('not only ASCII: servers differ in how they decode it')
  if (/^".*"$/.test(value)) notes.push('the quotes are part of the value: some servers strip them')
  if (/[ ,\\]|^"|"$/.test(value))
    notes.push('holds a space, comma, quote or backslash, which RFC 6265bis advises against')
  if (/%[0-9a-f]{2}/i.test(value)) notes.push('%-codes are kept as they are: a browser never decodes them')
  if (name === '') notes.push('it has no name: it is sent as the bare value')
  return notes
}
