import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStrictObject } from '../../../../src/token/strict-json.ts'
import { asCurl, asJson, asRedacted, asSynthetic, asTable } from '../../../../web/lab/paste/copies.ts'
import { diffTokens } from '../../../../web/lab/paste/diff.ts'
import { groupTokens } from '../../../../web/lab/paste/groups.ts'
import { readJson } from '../../../../web/lab/paste/lenient-json.ts'
import { lintToken } from '../../../../web/lab/paste/lint.ts'
import { type Paste, readBytes, readPaste } from '../../../../web/lab/paste/read-paste.ts'
import { readToken } from '../../../../web/lab/paste/token.ts'
import { base64url, CLAIMS, compact, HEADER, TOKEN } from './tokens.ts'

const NOW = 1_700_000_100

/** Nothing throws, and every place that is named lies inside. */
function check(paste: Paste, input: string): void {
  for (const { start, token } of paste.tokens) {
    if (start !== null) expect(input.slice(start, start + token.text.length)).toBe(token.text)
    const size = new TextEncoder().encode(token.text).length
    for (const { index, byte, inside, part } of token.faults) {
      expect(index).toBeGreaterThanOrEqual(0)
      expect(index).toBeLessThanOrEqual(token.text.length)
      expect(byte).toBeGreaterThanOrEqual(index)
      expect(byte).toBeLessThanOrEqual(size)
      if (inside === null) continue
      const bytes = Math.max(...token.parts.filter(({ name }) => name === part).map((one) => one.bytes))
      expect(inside).toBeGreaterThanOrEqual(0)
      expect(inside).toBeLessThanOrEqual(bytes)
    }
    for (const { start: from, end } of token.parts) expect(from <= end && end <= token.text.length).toBe(true)
    lintToken(token, NOW)
    for (const copy of [asJson, asTable]) expect(copy(token)).toBeTypeOf('string')
    asRedacted(token, 'Not verified', NOW)
    diffTokens(token, readToken(TOKEN))
  }
  groupTokens(paste.tokens)
}

const bits = fc.uint8Array({ maxLength: 300 })
const segment = fc.oneof(
  bits.map((bytes) => base64url(bytes)),
  fc.json().map(base64url),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(...TOKEN.split('.'), '', '=', 'e30'),
)
const wrapped = fc.tuple(
  fc.constantFrom(
    '',
    'Bearer ',
    'Set-Cookie: a=',
    'Cookie: a=b; c=',
    'Authorization: DPoP ',
    "curl -H 'x: ",
    '{"keys":[',
    '{"log":{"entries":[',
    '%65',
  ),
  fc.array(segment, { maxLength: 7 }),
  fc.constantFrom('.', '~', '\n', '..'),
)

describe('anything', () => {
  it('that is bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const { text, paste } = readBytes(bytes)
        check(paste, text)
      }),
      { numRuns: 500 },
    )
  })

  it('that is text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => check(readPaste(text), text)),
      { numRuns: 500 },
    )
  })

  it('that looks like something', () => {
    fc.assert(
      fc.property(wrapped, ([before, parts, between]) => {
        const text = before + parts.join(between)
        check(readPaste(text), text)
        check({ ...readPaste(''), tokens: [{ source: '', start: 0, token: readToken(text) }] }, text)
      }),
      { numRuns: 1500 },
    )
  })

  it('that was a token, and has been changed', () => {
    const position = fc.nat({ max: TOKEN.length })
    const change = fc.tuple(position, fc.nat({ max: 5 }), fc.string({ unit: 'binary', maxLength: 3 }))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let text = TOKEN
        for (const [at, remove, put] of changes) text = text.slice(0, at) + put + text.slice(at + remove)
        check(readPaste(text), text)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('JSON read as far as it goes', () => {
  it('agrees with JSON.parse and with the product', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json({ maxDepth: 4 }), fc.string({ maxLength: 30 })), (text) => {
        const { value, faults } = readJson(text)
        let parsed: unknown
        let isJson = true
        try {
          parsed = JSON.parse(text)
        } catch {
          isJson = false
        }
        if (!isJson) expect(faults.length).toBeGreaterThan(0)
        if (faults.length === 0) expect(value).toEqual(parsed)
        const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
        if (isObject) expect(parseStrictObject(text) !== null).toBe(faults.length === 0)
      }),
      { numRuns: 1500 },
    )
  })
})

describe('what may leave', () => {
  it('a redacted report holds no value and no signature', () => {
    const secret = fc.stringMatching(/^[A-Z]{8,20}$/)
    fc.assert(
      fc.property(fc.array(secret, { minLength: 6, maxLength: 6 }), ([a, b, c, d, e, f]) => {
        const payload = { ...CLAIMS, iss: a, sub: b, aud: [c], [d as string]: e, nested: { deep: f } }
        const good = compact({ ...HEADER, kid: a, alg: b }, payload, base64url(e as string))
        for (const text of [good, good.slice(0, -30), compact(HEADER, `{"${d}":"${e}","${d}":"${e}"}`)]) {
          const report = asRedacted(readToken(text), 'Not verified', NOW)
          const shape = JSON.stringify(asSynthetic(readToken(text)))
          for (const value of [a, b, c, d, e, f]) {
            expect(report).not.toContain(value)
            expect(shape).not.toContain(value)
          }
        }
      }),
    )
    expect(asCurl()).not.toContain('ey')
  })
})
