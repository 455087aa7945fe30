/**
 * The browser's side of cookies: a model of Chromium's jar. Pure: time, address and settings are arguments.
 * The differential test (test/flow/lab-jar.test.ts) compares it with a real Chromium.
 */
import { decode } from './bytes.ts'
import { evict } from './evict.ts'
import type { Exchange } from './exchange.ts'
import type { RejectionCode } from './reasons.ts'
import { inHeaderOrder, type SendVerdict, send } from './sending.ts'
import { parseSetCookie, type SetCookie } from './set-cookie.ts'
import { CHROMIUM, type JarSettings } from './settings.ts'
import { isExpired, isSameKey, pairOf, type StoredCookie } from './stored-cookie.ts'
import { clashes, makeCookie } from './storing.ts'

/** Chromium writes down a use once a minute at most. */
const USE_STEP_MS = 60_000

export type SetVerdict =
  | { readonly stored: true; readonly cookie: StoredCookie; readonly line: SetCookie }
  /** Accepted, and gone at once: it only removed an older one, if there was one. */
  | { readonly stored: false; readonly removed: boolean; readonly line: SetCookie; readonly reasons: readonly [] }
  | { readonly stored: false; readonly line: SetCookie | null; readonly reasons: readonly RejectionCode[] }

export interface Jar {
  /** @param line of `Set-Cookie` or for `document.cookie` (kind `script`), a byte string */
  set(line: string, exchange: Exchange, nowMs: number, serverMs?: number): SetVerdict
  /** Every cookie of the jar, in the order in which a header would name them. */
  judge(exchange: Exchange, nowMs: number): readonly SendVerdict[]
  /** The `Cookie` header; null: none. Counts as use. */
  header(exchange: Exchange, nowMs: number): string | null
  /** What `document.cookie` reads: nothing at all when any cookie in it is no UTF-8. Counts as use. */
  read(exchange: Exchange, nowMs: number): string
  list(nowMs: number): readonly StoredCookie[]
}

export function createJar(settings: JarSettings = CHROMIUM): Jar {
  let cookies: StoredCookie[] = []
  let count = 0

  const header = (exchange: Exchange, nowMs: number): string | null => {
    const sent = inHeaderOrder(cookies).filter(
      (cookie) => send(cookie, exchange, nowMs, settings).withheld.length === 0,
    )
    const used = new Set(sent.filter(({ usedMs }) => nowMs - usedMs >= USE_STEP_MS))
    cookies = cookies.map((cookie) => (used.has(cookie) ? { ...cookie, usedMs: nowMs, usedAs: count++ } : cookie))
    return sent.length === 0 ? null : sent.map(pairOf).join('; ')
  }

  return {
    set(line, exchange, nowMs, serverMs) {
      const parsed = parseSetCookie(line)
      if ('rejected' in parsed) return { stored: false, line: null, reasons: [parsed.rejected] }
      const made = makeCookie(parsed, exchange, nowMs, serverMs, settings)
      if (Array.isArray(made)) return { stored: false, line: parsed, reasons: made }
      const cookie = made as StoredCookie
      cookies = cookies.filter((other) => !isExpired(other, nowMs))
      const reasons = clashes(cookie, cookies, exchange)
      if (reasons.length > 0) return { stored: false, line: parsed, reasons }
      const older = cookies.find((other) => isSameKey(other, cookie))
      cookies = cookies.filter((other) => other !== older)
      if (isExpired(cookie, nowMs)) {
        return { stored: false, removed: older !== undefined, line: parsed, reasons: [] }
      }
      const inherits = older?.value === cookie.value ? older : null
      const kept = {
        ...cookie,
        createdMs: inherits?.createdMs ?? nowMs,
        createdAs: inherits?.createdAs ?? count,
        usedAs: count++,
      }
      cookies = evict([...cookies, kept], kept)
      return { stored: true, cookie: kept, line: parsed }
    },
    judge(exchange, nowMs) {
      return inHeaderOrder(cookies).map((cookie) => send(cookie, exchange, nowMs, settings))
    },
    header,
    read: (exchange, nowMs) => decode(header({ ...exchange, kind: 'script' }, nowMs) ?? '') ?? '',
    list: (nowMs) => cookies.filter((cookie) => !isExpired(cookie, nowMs)),
  }
}
