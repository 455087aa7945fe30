import { describe, expect, it } from 'vitest'
import { readJson } from '../../../../web/lab/paste/lenient-json.ts'
import { type Fault, readToken } from '../../../../web/lab/paste/token.ts'
import { base64url, CLAIMS, compact, HEADER, TOKEN } from './tokens.ts'

const only = (text: string): Fault => {
  const { faults } = readToken(text)
  expect(faults).toHaveLength(1)
  return faults[0] as Fault
}

describe('a token that is taken apart', () => {
  it('shows header, payload and sizes', () => {
    const token = readToken(TOKEN)
    expect(token).toMatchObject({ kind: 'jws', header: HEADER, payload: CLAIMS, faults: [], compact: TOKEN })
    expect(token.parts.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['header', JSON.stringify(HEADER).length],
      ['payload', JSON.stringify(CLAIMS).length],
      ['signature', 9],
    ])
  })

  it('keeps what stands before a cut', () => {
    const whole = compact(HEADER, CLAIMS)
    const cut = whole.slice(0, whole.indexOf('.') + 60)
    const { payload, header, faults } = readToken(cut)
    expect(header).toEqual(HEADER)
    expect(payload).toMatchObject({ iss: 'https://issuer.example' })
    expect(faults.map(({ reason }) => reason).join('\n')).toMatch(/it ends here/)
    expect(faults.map(({ reason }) => reason).join('\n')).toMatch(/after 2 of 3 parts/)
  })

  it.each([
    ['not base64url', `${base64url('{"alg":"ES256"}')}.e30!.c2ln`, { part: 'payload', index: 24, inside: null }, /“!”/],
    ['base64', `${base64url('{"alg":"ES256"}')}.e30.a+ln`, { part: 'signature', index: 26 }, /base64, not base64url/],
    ['padding', `${base64url('{"alg":"ES256"}')}.e30=.c2ln`, { part: 'payload', index: 24 }, /padding/],
    [
      'not JSON',
      compact('{"alg":"ES256"}', '{"a":1,}'),
      { part: 'payload', inside: 7, index: 30, byte: 30 },
      /name of a member/,
    ],
    [
      'two members',
      compact('{"alg":"ES256"}', '{"a":1,"a":2}'),
      { part: 'payload', inside: 7 },
      /"a" stands here again/,
    ],
    ['a list', compact('{"alg":"ES256"}', '[1]'), { part: 'payload', inside: null }, /no object/],
    ['no signature', compact('{"alg":"ES256"}', '{}', ''), { part: 'signature' }, /empty/],
    ['a loose last bit', `${base64url('{"alg":"ES256"}')}.e31.c2ln`, { part: 'payload', index: 23 }, /last bits/],
  ])('names the place: %s', (_, text, place, reason) => {
    const fault = only(text)
    expect(fault).toMatchObject(place)
    expect(fault.reason).toMatch(reason)
  })

  it('names the byte that is no UTF-8, and shows the rest', () => {
    const bytes = new TextEncoder().encode('{"name":"?a","sub":"ana"}')
    bytes[9] = 0xff
    const { payload, faults } = readToken(`${base64url('{"alg":"ES256"}')}.${base64url(bytes)}.c2ln`)
    expect(faults).toMatchObject([{ part: 'payload', inside: 9, index: 21 + 12, reason: 'not UTF-8' }])
    expect(payload).toEqual({ name: '\uFFFDa', sub: 'ana' })
  })

  it.each([
    ['unsecured', compact({ alg: 'nOnE' }, CLAIMS, ''), /unsecured/],
    ['jwe', `${base64url('{"alg":"RSA-OAEP","enc":"A256GCM"}')}.a2V5.aXY.Y2lw.dGFn`, /only the header/],
    ['sd-jwt', `${TOKEN}~${base64url('["salt","given_name","Ana"]')}~`, /SD-JWT/],
    ['paseto', `v4.public.${base64url('{"sub":"ana"} and a signature')}`, /PASETO/],
  ])('knows %s', (kind, text, note) => {
    const token = readToken(text)
    expect(token.kind).toBe(kind)
    expect(token.notes.join('\n')).toMatch(note)
    expect(token.faults).toEqual([])
  })

  it('says of what the sender offers that it is ignored', () => {
    const notes = readToken(compact({ ...HEADER, jku: 'https://x.example', jwk: {}, crit: ['exp'] }, CLAIMS)).notes
    expect(notes).toContain('jku in the header: present, ignored, never fetched.')
    expect(notes).toContain('jwk in the header: present, ignored, never fetched.')
    expect(notes.join('\n')).toMatch(/crit/)
  })

  it('takes a wrapped one, and says so', () => {
    const wrapped = `${TOKEN.slice(0, 20)}\n  ${TOKEN.slice(20)}`
    const token = readToken(wrapped)
    expect(token.payload).toEqual(CLAIMS)
    expect(token.compact).toBe(TOKEN)
    expect(token.faults.map(({ reason }) => reason)).toEqual([
      'white space inside: left out here, refused by the product',
    ])
  })

  it('is bounded', () => {
    const { faults, text } = readToken(`${TOKEN}${'a'.repeat(100_000)}`)
    expect(text).toHaveLength(65_536)
    expect(faults.some(({ reason }) => reason.startsWith('too large'))).toBe(true)
  })

  it('is decoded within the budget of 8 ms for 8 kB', () => {
    const roles = Array.from({ length: 380 }, (_, i) => `role-number-${i}`)
    const big = compact(HEADER, { ...CLAIMS, roles })
    expect(big.length).toBeGreaterThan(8000)
    const times = Array.from({ length: 21 }, () => {
      const started = performance.now()
      readToken(big)
      return performance.now() - started
    })
    expect(times.toSorted((a, b) => a - b)[10]).toBeLessThan(8)
  })
})

describe('JSON read as far as it goes', () => {
  it.each([
    ['', undefined, 0],
    ['{"a":[1,2', { a: [1, 2] }, 9],
    ['{"a":"x', { a: 'x' }, 7],
    ['{"a":tru}', {}, 5],
    ['{"a":1}x', { a: 1 }, 7],
    ['{"a":1e999}', { a: Number.POSITIVE_INFINITY }, 5],
    ['{"a":"\\ud800"}', { a: '\ud800' }, 5],
    ['{"a":"\\x"}', { a: '' }, 6],
    ['{"a":01}', { a: 0 }, 6],
  ])('%s', (text, value, at) => {
    const read = readJson(text)
    expect(read.value).toEqual(value)
    expect(read.faults.map((fault) => fault.at)).toEqual([at])
  })

  it('sets no prototype', () => {
    const { value, faults } = readJson('{"__proto__":{"admin":true}}')
    expect((value as { admin?: unknown }).admin).toBeUndefined()
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(faults).toHaveLength(1)
  })

  it('ends at the depth that the product reads', () => {
    expect(readJson('['.repeat(16) + ']'.repeat(16)).faults).toEqual([])
    expect(readJson('['.repeat(17) + ']'.repeat(17)).faults[0]?.reason).toMatch(/deeper than 16/)
    expect(readJson('['.repeat(1_000_000)).faults).toHaveLength(1)
  })
})
