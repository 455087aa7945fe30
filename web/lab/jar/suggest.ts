/** A `Set-Cookie` line that would have been stored, with as little changed as it takes; or what else to do. */
import { findControl } from './bytes.ts'
import type { Exchange } from './exchange.ts'
import { createJar } from './jar.ts'
import type { RejectionCode } from './reasons.ts'
import { parseSetCookie, type SetCookie } from './set-cookie.ts'
import { CHROMIUM, type JarSettings } from './settings.ts'
import { pairOf } from './stored-cookie.ts'

/** What no other line can mend. */
const ADVICE: Partial<Record<RejectionCode, string>> = {
  empty: 'give it a name and a value',
  'too-big': 'keep an id in the cookie and the rest on the server',
  'prefix-https': 'serve this address over https',
  'secure-over-http': 'serve this address over https',
  'would-hide-secure': 'serve this address over https',
  'prefix-script': 'let the server set it: that is what this prefix is for',
  'http-only-script': 'let the server set it',
  'would-replace-http-only': 'let the server replace it',
  'third-party': 'make it Partitioned, or log in on a page of this site (a redirect)',
}

export function adviceFor(reasons: readonly RejectionCode[]): string | null {
  return reasons.map((code) => ADVICE[code]).find((text) => text !== undefined) ?? null
}

const FIXES: Partial<Record<RejectionCode, (line: SetCookie) => SetCookie>> = {
  'domain-foreign': (line) => ({ ...line, domain: null }),
  'domain-non-ascii': (line) => ({ ...line, domain: null }),
  'prefix-secure': (line) => ({ ...line, secure: true }),
  'prefix-path': (line) => ({ ...line, path: '/' }),
  'prefix-domain': (line) => ({ ...line, domain: null }),
  'prefix-http-only': (line) => ({ ...line, httpOnly: true }),
  'partitioned-secure': (line) => ({ ...line, secure: true }),
  'none-needs-secure': (line) => ({ ...line, secure: true }),
  'same-site-cross': (line) => ({ ...line, sameSite: 'none', secure: true }),
  'third-party': (line) => ({ ...line, partitioned: true, secure: true }),
}

/** @returns a byte string that this very exchange would store, or null when no line would do */
export function suggest(
  line: string,
  exchange: Exchange,
  nowMs: number,
  settings: JarSettings = CHROMIUM,
): string | null {
  let candidate = clean(line)
  for (let round = 0; round < 4; round++) {
    const verdict = createJar(settings).set(candidate, exchange, nowMs)
    if (verdict.stored) return candidate
    if (verdict.line === null) return null
    let next = verdict.line
    for (const code of verdict.reasons) next = FIXES[code]?.(next) ?? next
    const written = writeLine(next)
    if (written === candidate) return null
    candidate = written
  }
  return null
}

/** Without control characters, and with a name where a nameless value looked like one. */
function clean(line: string): string {
  let text = line
  for (let at = findControl(text); at >= 0; at = findControl(text)) text = text.slice(0, at) + text.slice(at + 1)
  const parsed = parseSetCookie(text)
  const nameless = 'rejected' in parsed ? parsed.rejected === 'nameless-equals' : parsed.name === ''
  if (!nameless) return text
  const bare = text.replace(/^[ =]+/, '')
  return /^[^;]*=/.test(bare) ? bare : bare.replace(/^[^;]*/, (value) => `${value.trim()}=1`)
}

/** The attributes that a browser read, each once. */
export function writeLine(line: SetCookie): string {
  const { path, domain, maxAge, expires, secure, httpOnly, sameSite, partitioned, priority } = line
  return [
    pairOf(line),
    path === null ? '' : `Path=${path}`,
    domain === null ? '' : `Domain=${domain}`,
    maxAge === null ? '' : `Max-Age=${maxAge}`,
    expires === null ? '' : `Expires=${expires}`,
    secure ? 'Secure' : '',
    httpOnly ? 'HttpOnly' : '',
    sameSite === 'unset' ? '' : `SameSite=${SAME_SITE[sameSite]}`,
    partitioned ? 'Partitioned' : '',
    priority === 'medium' ? '' : `Priority=${priority}`,
  ]
    .filter((part, index) => index === 0 || part !== '')
    .join('; ')
}

const SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const
