import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toBytes } from '../../../../web/lab/jar/bytes.ts'
import { type Exchange, KINDS } from '../../../../web/lab/jar/exchange.ts'
import { LIFETIME_LIMIT_MS } from '../../../../web/lab/jar/expiry.ts'
import { createJar } from '../../../../web/lab/jar/jar.ts'
import type { Place } from '../../../../web/lab/jar/place.ts'
import { prefixOf } from '../../../../web/lab/jar/prefix.ts'
import { rejectionText } from '../../../../web/lab/jar/reasons.ts'
import type { JarSettings } from '../../../../web/lab/jar/settings.ts'
import { suggest } from '../../../../web/lab/jar/suggest.ts'
import { makeLine, seeded } from '../../../support/jar-cases.ts'

const NOW = 1_790_000_000_000
const at = (host: string, scheme: 'https' | 'http' = 'https', path = '/a/b'): Place => ({
  scheme,
  host,
  path,
  site: host.split('.').slice(-2).join('.'),
})
const HOME = at('www.shop.test')
const OTHER = at('app.test')
const typed = (url: Place): Exchange => ({ url, kind: 'typed', page: url })
const script: Exchange = { url: HOME, kind: 'script', page: HOME }
const blocked: JarSettings = { thirdPartyCookies: false, laxPostMs: 120_000 }
const allowed: JarSettings = { ...blocked, thirdPartyCookies: true }

const places = fc.constantFrom(HOME, OTHER, at('login.shop.test'), at('shop.test'), at('www.shop.test', 'http'))
const exchanges = fc.record({ url: places, page: places, kind: fc.constantFrom(...KINDS) })
const settings = fc.constantFrom(blocked, allowed)
const anyBytes = fc
  .uint8Array({ maxLength: 200 })
  .map((bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
const madeLines = fc.integer().map((seed) => makeLine(seeded(seed), 'k', NOW))
const lines = fc.oneof(anyBytes, madeLines, madeLines)

describe('whatever bytes come', () => {
  it('never throws, and has a reason for every refusal', () => {
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 8 }), exchanges, exchanges, settings, (all, from, to, how) => {
        const jar = createJar(how)
        for (const line of all) {
          const verdict = jar.set(line, from, NOW)
          if (!verdict.stored && !('removed' in verdict)) {
            expect(verdict.reasons.length).toBeGreaterThan(0)
            for (const reason of verdict.reasons) expect(rejectionText(reason)).not.toBe('')
          }
        }
        jar.header(to, NOW)
        jar.read({ ...to, kind: 'script' }, NOW)
      }),
      { numRuns: 600 },
    )
  })

  it('a stored cookie keeps every promise of its name and attributes', () => {
    fc.assert(
      fc.property(lines, exchanges, settings, (line, exchange, how) => {
        const verdict = createJar(how).set(line, exchange, NOW)
        if (!verdict.stored) return
        const { cookie } = verdict
        const prefix = prefixOf(cookie.name)
        if (prefix) expect(cookie.secure).toBe(true)
        if (prefix?.host) expect([cookie.hostOnly, cookie.path]).toEqual([true, '/'])
        if (prefix?.http) expect([cookie.httpOnly, exchange.kind === 'script']).toEqual([true, false])
        if (cookie.secure) expect(exchange.url.scheme).toBe('https')
        if (cookie.sameSite === 'none' || cookie.partition !== null) expect(cookie.secure).toBe(true)
        expect(cookie.name.length + cookie.value.length).toBeLessThanOrEqual(4096)
        expect(cookie.path.startsWith('/')).toBe(true)
        expect(exchange.url.host.endsWith(cookie.domain)).toBe(true)
        if (cookie.expiresMs !== null) expect(cookie.expiresMs).toBeLessThanOrEqual(NOW + LIFETIME_LIMIT_MS)
      }),
      { numRuns: 2000 },
    )
  })

  it('a suggestion is stored by the very exchange that refused the line', () => {
    fc.assert(
      fc.property(lines, exchanges, settings, (line, exchange, how) => {
        const better = suggest(line, exchange, NOW, how)
        if (better !== null) expect(createJar(how).set(better, exchange, NOW).stored).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('a cross-site request never carries Strict, and never an unpartitioned cookie when third parties are blocked', () => {
    fc.assert(
      fc.property(fc.array(madeLines, { maxLength: 20 }), fc.constantFrom('fetch', 'iframe', 'img'), (all, kind) => {
        const jar = createJar(blocked)
        for (const line of all) jar.set(line, typed(HOME), NOW)
        expect(jar.header({ url: HOME, kind, page: OTHER }, NOW)).toBeNull()
      }),
    )
  })
})

describe('the jar', () => {
  it('names the longest path first, then the oldest', () => {
    const jar = createJar()
    for (const line of ['one=1; Path=/', 'two=2; Path=/a', 'three=3; Path=/', 'four=4; Path=/a/b']) {
      jar.set(line, typed(HOME), NOW)
    }
    expect(jar.header(typed(HOME), NOW)).toBe('four=4; two=2; one=1; three=3')
    jar.set('one=new; Path=/', typed(HOME), NOW)
    expect(jar.header(typed(HOME), NOW)).toBe('four=4; two=2; three=3; one=new')
  })

  it('keeps the age of a cookie that is set again with the same value, and so its place and its two minutes', () => {
    const jar = createJar()
    jar.set('a=1; Path=/', typed(HOME), NOW)
    jar.set('a=1; Path=/', typed(HOME), NOW + 100_000)
    const post: Exchange = { url: HOME, kind: 'top-post', page: OTHER }
    expect(jar.header(post, NOW + 119_000)).toBe('a=1')
    expect(jar.header(post, NOW + 121_000)).toBeNull()
  })

  it('lets no http page replace or hide a Secure cookie', () => {
    const jar = createJar()
    jar.set('sid=1; Secure; Path=/', typed(HOME), NOW)
    expect(jar.set('sid=evil; Path=/a', typed(at('login.shop.test', 'http')), NOW)).toMatchObject({ stored: true })
    expect(jar.set('sid=evil; Path=/a; Domain=shop.test', typed(at('login.shop.test', 'http')), NOW)).toMatchObject({
      reasons: ['would-hide-secure'],
    })
  })

  it('lets no script replace, read or set an HttpOnly cookie', () => {
    const jar = createJar()
    jar.set('sid=1; HttpOnly; Path=/', typed(HOME), NOW)
    expect(jar.set('sid=2; Path=/', script, NOW)).toMatchObject({ reasons: ['would-replace-http-only'] })
    expect(jar.set('other=2; HttpOnly', script, NOW)).toMatchObject({ reasons: ['http-only-script'] })
    expect(jar.read(script, NOW)).toBe('')
  })

  it('shows a script nothing when one cookie is no UTF-8', () => {
    const jar = createJar()
    jar.set('a=1', typed(HOME), NOW)
    jar.set('b=\u00ff', typed(HOME), NOW)
    expect(jar.read(script, NOW)).toBe('')
    expect(jar.header(typed(HOME), NOW)).toBe('a=1; b=\u00ff')
  })

  it('counts bytes, not characters', () => {
    const name = 'n'
    expect(createJar().set(toBytes(`${name}=${'é'.repeat(2047)}x`), typed(HOME), NOW).stored).toBe(true)
    expect(createJar().set(toBytes(`${name}=${'é'.repeat(2048)}`), typed(HOME), NOW)).toMatchObject({
      reasons: ['too-big'],
    })
  })

  it('removes with an expiry in the past', () => {
    const jar = createJar()
    jar.set('a=1', typed(HOME), NOW)
    expect(jar.set('a=; Max-Age=0', typed(HOME), NOW)).toMatchObject({ stored: false, removed: true })
    expect(jar.list(NOW)).toHaveLength(0)
  })

  it('keeps partitions apart', () => {
    const jar = createJar()
    const embedded: Exchange = { url: HOME, kind: 'iframe', page: OTHER }
    jar.set('p=1; Secure; SameSite=None; Partitioned', embedded, NOW)
    expect(jar.header(embedded, NOW)).toBe('p=1')
    expect(jar.header(typed(HOME), NOW)).toBeNull()
  })

  it('brings a site over 180 cookies down to 150, the longest unused first', () => {
    const jar = createJar()
    for (let i = 0; i <= 180; i++) jar.set(`c${i}=1; Path=/`, typed(HOME), NOW)
    const names = jar.list(NOW).map(({ name }) => name)
    expect(names).toHaveLength(150)
    expect(names[0]).toBe('c31')
  })
})
