/** Where a form may send the browser. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { localPath } from '../../../src/http/local-path.ts'

describe('localPath', () => {
  it.each([
    ['/', '/'],
    ['/a/b?c=d&e=%2F#f', '/a/b?c=d&e=%2F#f'],
    ['/a//b', '/a//b'],
    ['/a/../b', '/b'],
    ['/?next=https://evil.test/', '/?next=https://evil.test/'],
    ['/@evil.test', '/@evil.test'],
  ])('keeps %j', (given, path) => {
    expect(localPath(given)).toBe(path)
  })

  it.each([
    null,
    undefined,
    7,
    '',
    'a',
    'https://evil.test/',
    'javascript:alert(1)',
    '//evil.test',
    '///evil.test',
    '/\\evil.test',
    '\\/evil.test',
    '/a\\b',
    '/\t/evil.test',
    '\t//evil.test',
    '/\n/evil.test',
    '/%0d%0aSet-Cookie: a=b',
    '/a b',
    ' /a',
    '/\u00e4',
    '/.//evil.test',
    '/a/..//evil.test',
    '/./\\evil.test',
    '/%2e//evil.test',
    '/%2E%2e//evil.test',
    `/${'a'.repeat(3000)}`,
  ])('refuses %j', (given) => {
    expect(localPath(given)).toBeNull()
  })

  it('never leaves the origin, whatever it is resolved against and however often', () => {
    const part = fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        '\\',
        '.',
        '..',
        '%2e',
        '%2f',
        '%5c',
        '@',
        ':',
        '?',
        '#',
        '\t',
        '\n',
        'evil.test',
        'https:',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    )
    const given = fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join('')}`)
    fc.assert(
      fc.property(given, (text) => {
        const path = localPath(text)
        if (path === null) return
        const url = new URL(path, 'https://app.example/auth/x')
        expect(url.origin).toBe('https://app.example')
        expect(localPath(path)).toBe(path)
        expect(path).toMatch(/^\/[\x21-\x7e]*$/)
        expect(path).not.toMatch(/^\/[/\\]/)
      }),
      { numRuns: 3000 },
    )
  })
})
