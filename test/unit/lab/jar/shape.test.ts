import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readPlace } from '../../../../web/lab/jar/address.ts'
import { toBytes } from '../../../../web/lab/jar/bytes.ts'
import { createJar } from '../../../../web/lab/jar/jar.ts'
import type { Place } from '../../../../web/lab/jar/place.ts'
import { parseSetCookie } from '../../../../web/lab/jar/set-cookie.ts'
import { lineOf, readShapes, shapeOf, writeShapes } from '../../../../web/lab/jar/shape.ts'
import { mask, snippetOf } from '../../../../web/lab/jar/snippet.ts'
import { makeLine, seeded } from '../../../support/jar-cases.ts'

const HOME: Place = { scheme: 'https', host: 'app-one.test', site: 'app-one.test', path: '/account' }
const madeLines = fc.integer().map((seed) => makeLine(seeded(seed), 'kSECRETx', 1_790_000_000_000))

it('a link holds digits and dashes, whatever the lines hold, and reads back to the same', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(madeLines, fc.string().map(toBytes)), { maxLength: 25 }), (lines) => {
      const shapes = lines.flatMap((line) => {
        const parsed = parseSetCookie(line)
        return 'rejected' in parsed ? [] : [shapeOf(parsed)]
      })
      const text = writeShapes(shapes)
      expect(text).toMatch(/^[0-9_-]*$/)
      expect(readShapes(text)).toEqual(shapes.slice(0, 20))
    }),
    { numRuns: 1000 },
  )
})

it('an age that is no plain number is none', () => {
  for (const age of ['-0', '1e3', '0x10', '', '123456789']) {
    const parsed = parseSetCookie(`a=1; Max-Age=${age}`)
    expect('rejected' in parsed ? null : shapeOf(parsed).maxAgeSeconds).toBeNull()
  }
})

it('a made-up line has the shape that it was made from', () => {
  fc.assert(
    fc.property(madeLines, (line) => {
      const parsed = parseSetCookie(line)
      if ('rejected' in parsed) return
      const shape = shapeOf(parsed)
      const again = parseSetCookie(lineOf(shape, 0, 'app-one.test'))
      if (!('rejected' in again)) expect(shapeOf(again)).toEqual(shape)
    }),
  )
})

it('no other text is a shape', () => {
  expect(readShapes('')).toEqual([])
  for (const text of ['x', '0000000-', '0000000--99999', '9000000--1', '0000000--1_secret']) {
    expect(readShapes(text)).toBeNull()
  }
  fc.assert(fc.property(fc.string(), (text) => void readShapes(text)))
})

it('a copied test holds no value, and passes', () => {
  const shop: Place = { ...HOME, host: 'app-two.test', site: 'app-two.test' }
  const snippet = snippetOf({
    lines: ['sid=top-secret; Path=/; Secure; SameSite=Lax', '__Host-b="se;cret"; Secure; Path=/', '=hidden=1'],
    setBy: { url: HOME, kind: 'typed', page: HOME },
    request: { url: HOME, kind: 'top-get', page: shop },
    ageMs: 1000,
    settings: { thirdPartyCookies: false, laxPostMs: 120_000 },
  })
  expect(snippet).not.toMatch(/secret|hidden/)
  expect(mask('sid=top-secret; Path=/')).toBe('sid=xxxxxxxxxx; Path=/')
  let ran = 0
  const run = new Function('it', 'expect', 'createJar', snippet.replace(/^import .*$/gm, ''))
  run((_name: string, test: () => void) => [test(), ran++], expect, createJar)
  expect(ran).toBe(1)
})

it('reads an address, its site by its last two labels or as given', () => {
  expect(readPlace('https://a.shop.example.co.uk/x?y', '')).toMatchObject({ site: 'co.uk', path: '/x' })
  expect(readPlace('a.shop.example.co.uk', 'example.co.uk')).toMatchObject({ site: 'example.co.uk', scheme: 'https' })
  expect(readPlace('http://127.0.0.1:3000/', '')).toMatchObject({ site: null, scheme: 'http', host: '127.0.0.1' })
  for (const text of ['', 'ftp://x.test', 'https://', 'a b']) expect(readPlace(text, '')).toBeNull()
})
