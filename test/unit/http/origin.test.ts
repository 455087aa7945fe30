/** Origins are compared by scheme, host and port. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createOriginPolicy,
  isLoopbackHttp,
  isOwnHost,
  isOwnOrigin,
  isTrustedOrigin,
  parseOrigin,
} from '../../../src/http/origin.ts'

const policy = createOriginPolicy('https://app.example/issuer', ['https://admin.example:8443'])

describe('origins', () => {
  it('takes the origin of an issuer', () => {
    expect(policy.origin).toBe('https://app.example')
  })

  it.each(['null', '*', 'https://*.example', 'app.example', 'ftp://app.example', 'https://a.example/path', ''])(
    'refuses to trust %j',
    (origin) => {
      expect(() => createOriginPolicy('https://app.example', [origin])).toThrow(TypeError)
    },
  )

  it.each(['', 'null', 'app.example', 'ftp://app.example', 'data:text/plain,x'])(
    'refuses the public origin %j',
    (origin) => {
      expect(() => createOriginPolicy(origin)).toThrow(TypeError)
    },
  )

  it.each(['https://app.example', 'HTTPS://APP.example', 'https://app.example:443'])('knows %j as ours', (header) => {
    expect(isOwnOrigin(policy, header)).toBe(true)
  })

  it.each([
    'null',
    '',
    'http://app.example',
    'https://app.example:8443',
    'https://app.example.evil.test',
    'https://evil.test',
    'https://app.example@evil.test',
    'https://app.example/',
    'https://app.example, https://evil.test',
    'https://app.example https://evil.test',
    'https://app.exam\tple',
    '\thttps://app.example',
    'https://app\u3002example',
    'https://\u0430pp.example',
    'https://app.example#',
    'https://app.example?',
    'https:\\\\app.example',
    'https:app.example',
  ])('does not know %j', (header) => {
    expect(isOwnOrigin(policy, header)).toBe(false)
    expect(isTrustedOrigin(policy, header)).toBe(false)
  })

  it('trusts what is listed, its port included', () => {
    expect(isTrustedOrigin(policy, 'https://admin.example:8443')).toBe(true)
    expect(isTrustedOrigin(policy, 'https://admin.example')).toBe(false)
    expect(isTrustedOrigin(policy, 'https://app.example')).toBe(false)
  })

  it('compares Host with the public origin', () => {
    for (const host of ['app.example', 'APP.EXAMPLE', 'app.example:443']) expect(isOwnHost(policy, host)).toBe(true)
    for (const host of [
      '',
      'evil.test',
      'app.example:80',
      'app.example.',
      'app.example, evil.test',
      'app.example@evil.test',
      'app.example/x',
      'x@app.example',
    ])
      expect(isOwnHost(policy, host), host).toBe(false)
    const local = createOriginPolicy('http://localhost:4000')
    expect(isOwnHost(local, 'localhost:4000')).toBe(true)
    for (const host of ['localhost', '127.0.0.1:4000', '[::1]:4000']) expect(isOwnHost(local, host), host).toBe(false)
  })

  it('knows loopback http', () => {
    for (const origin of ['http://localhost', 'http://127.9.0.1:80', 'http://[::1]:4000'])
      expect(isLoopbackHttp(origin)).toBe(true)
    for (const origin of [
      'https://localhost',
      'http://128.0.0.1',
      'http://127.0.0.1.evil.test',
      'http://localhost.test',
    ])
      expect(isLoopbackHttp(origin), origin).toBe(false)
  })

  it('gives the serialised origin or nothing, and never throws', () => {
    const part = fc.constantFrom(
      'https://',
      'http://',
      'app.example',
      ':443',
      ':',
      '@',
      '/',
      '\\',
      '\t',
      'null',
      ' ',
      '.',
      '[::1]',
      '%',
    )
    const text = fc.oneof(
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(text, (header) => {
        const origin = parseOrigin(header)
        if (origin === null) return
        expect(new URL(origin).origin).toBe(origin)
        expect(parseOrigin(origin)).toBe(origin)
        // Whatever was given names that host in clear.
        expect(new URL(header).host).toBe(new URL(origin).host)
      }),
      { numRuns: 2000 },
    )
  })
})
