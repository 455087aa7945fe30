/** From headers to a login. */
import { describe, expect, it } from 'vitest'
import { isBrowser, type Presented, presentedBy } from '../../../src/http/identify.ts'
import { httpParts, ORIGIN } from '../../support/http-parts.ts'

const present = (change: Partial<Presented>): Presented => ({
  method: 'GET',
  cookie: null,
  authorization: null,
  origin: null,
  secFetchSite: null,
  upgrade: null,
  ...change,
})

describe('identify', () => {
  it('answers alike from memory and from the store', async () => {
    const { parts, signIn, signInWithTokens } = await httpParts()
    const { headers } = await signIn()
    const phone = await signInWithTokens('bob')
    for (const [given, subject] of [
      [{ cookie: headers.cookie }, 'alice'],
      [{ authorization: phone.headers.authorization }, 'bob'],
      [{ cookie: headers.cookie, authorization: phone.headers.authorization }, 'bob'],
    ] as const) {
      expect((await parts.identify.identify(present(given)))?.subject).toBe(subject)
      expect(parts.identify.identifyNow(present(given))?.subject).toBe(subject)
    }
  })

  it('says that the store must be asked for what is not in memory', async () => {
    const { parts, signIn } = await httpParts()
    const { headers } = await signIn()
    expect(parts.identify.identifyNow(present({ cookie: headers.cookie }))).toBeUndefined()
  })

  it('is null for nobody, and throws for everything else', async () => {
    const { parts, signIn } = await httpParts()
    const { headers } = await signIn()
    const { identify } = parts
    expect(identify.identifyNow(present({}))).toBeNull()
    expect(await identify.identify(present({ cookie: 'a=b' }))).toBeNull()
    await expect(identify.require(present({}))).rejects.toThrow(
      expect.objectContaining({ code: 'credentials.missing' }),
    )
    await expect(identify.require(present({ cookie: '__Host-Http-sid=x' }))).rejects.toThrow(
      expect.objectContaining({ code: 'session.ended' }),
    )
    for (const [change, code] of [
      [{ authorization: 'Bearer nonsense' }, 'token.malformed'],
      [{ method: 'POST' }, 'csrf.missing'],
      [{ method: 'POST', origin: 'null' }, 'csrf.origin'],
      [{ upgrade: 'websocket' }, 'csrf.missing'],
      [{ upgrade: 'websocket', origin: 'https://evil.test' }, 'csrf.origin'],
    ] as const) {
      const presented = present({ cookie: headers.cookie, ...change })
      expect(() => identify.identifyNow(presented)).toThrow(expect.objectContaining({ code }))
      await expect(identify.identify(presented)).rejects.toThrow(expect.objectContaining({ code }))
    }
    await identify.identify(present({ cookie: headers.cookie }))
    expect(
      identify.identifyNow(present({ cookie: headers.cookie, upgrade: 'websocket', origin: ORIGIN }))?.subject,
    ).toBe('alice')
  })

  it('takes its strings from a request', () => {
    const headers = new Headers({ cookie: 'c', authorization: 'a', origin: 'o', 'sec-fetch-site': 's', upgrade: 'u' })
    expect(presentedBy({ method: 'PUT', headers })).toEqual({
      method: 'PUT',
      cookie: 'c',
      authorization: 'a',
      origin: 'o',
      secFetchSite: 's',
      upgrade: 'u',
    })
    expect(isBrowser({ headers })).toBe(true)
    expect(isBrowser({ headers: new Headers({ 'sec-fetch-dest': 'empty' }) })).toBe(true)
    expect(isBrowser({ headers: new Headers({ origin: 'o' }) })).toBe(false)
  })
})
