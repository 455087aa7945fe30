/** Own routes, cookies, kept values: what all adapters stand on. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ownRoutes, withCookie } from '../../../src/adapters/adapter.ts'
import { createKept } from '../../../src/adapters/kept.ts'
import { createOriginPolicy } from '../../../src/http/origin.ts'
import { createRouter, type Route } from '../../../src/http/router.ts'

const route = (path: string): Route => ({
  method: 'GET',
  path,
  handle: () => ({ status: 200, headers: new Headers(), body: null }),
})
const routes = ['/auth/session', '/auth/sessions/{id}', '/oauth/revoke', '/.well-known/jwks.json', '/ready'].map(route)
const { covers } = createRouter({ routes, origins: createOriginPolicy('https://app.example') })
const isOurs = ownRoutes({ routes, covers })

describe('ownRoutes', () => {
  it.each([
    ['/auth/session', true],
    ['/auth/session?x=/y', true],
    ['/auth/sessions/abc', true],
    ['/ready', true],
    ['https://app.example/auth/session?x=1', true],
    ['http://other:8080/.well-known/jwks.json', true],
    ['/auth/session/', false],
    ['/auth/google/callback', false],
    ['/auth', false],
    ['/Auth/session', false],
    ['//auth/session', false],
    ['/x?/auth/session', false],
    ['/x/auth/session', false],
    ['https://app.example', false],
    ['https://auth/session', false],
    ['*', false],
    ['', false],
    ['?/auth/session', false],
    ['auth/session', false],
  ])('%s: %s', (target, expected) => {
    expect(isOurs(target)).toBe(expected)
  })

  it('says of every target what the routes themselves would say of its path', () => {
    const part = fc.constantFrom('auth', 'session', 'sessions', 'x', '', '.well-known', 'jwks.json', 'ready', '%61uth')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), fc.constantFrom('', '?a=/auth/session', '?'), (parts, query) => {
        const path = `/${parts.join('/')}`
        expect(isOurs(path + query)).toBe(covers(path))
        expect(isOurs(`https://app.example${path}${query}`)).toBe(covers(path))
      }),
    )
  })
})

describe('withCookie', () => {
  it('lets the last one of a name stand and touches no other', () => {
    expect(withCookie(['a=1', 'sid=1; Path=/', 'sid2=x'], 'sid=2')).toEqual(['a=1', 'sid2=x', 'sid=2'])
    expect(withCookie([], 'sid=2')).toEqual(['sid=2'])
  })
})

describe('a kept value', () => {
  it('is no property of its object', () => {
    const kept = createKept<string>()
    const other = createKept<string>()
    const object = { a: 1 }
    const before = JSON.stringify(Object.getOwnPropertyDescriptors(object))
    kept.put(object, 'first')
    kept.put(object, 'second')
    expect([kept.get(object), other.get(object), kept.get({})]).toEqual(['second', undefined, undefined])
    expect(JSON.stringify(Object.getOwnPropertyDescriptors(object))).toBe(before)
    expect([Reflect.ownKeys(object), Object.getPrototypeOf(object) === Object.prototype]).toEqual([['a'], true])
  })
})
