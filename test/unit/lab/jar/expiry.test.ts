import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, expiryOf, parseCookieDate, parseMaxAge } from '../../../../web/lab/jar/expiry.ts'

const NOW = Date.UTC(2026, 11, 1)
const utc = (...of: readonly [number, number, number, number, number, number]): number => Date.UTC(...of)

describe('the date of a cookie', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', utc(1994, 10, 6, 8, 49, 37)],
    ['06-Nov-94 08:49:37', utc(1994, 10, 6, 8, 49, 37)],
    ['Nov 6 08:49:37 1994', utc(1994, 10, 6, 8, 49, 37)],
    ['1 january 30 1:2:3', utc(2030, 0, 1, 1, 2, 3)],
    ['2030 Jan 1 10:11:12 GMT+0200', utc(2030, 0, 1, 10, 11, 12)],
    ['29 Feb 2028 10:11:12', utc(2028, 1, 29, 10, 11, 12)],
  ])('%s', (text, instant) => expect(parseCookieDate(text)).toBe(instant))

  it.each(['', 'tomorrow', '30 Feb 2031 10:11:12', '1 Jan 2030', '1 Jan 2030 24:00:00', '1 Jan 2030 10:11:12abc'])(
    'is none: "%s"',
    (text) => expect(parseCookieDate(text)).toBeNull(),
  )

  it('reads whatever Date writes', () => {
    const dates = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(dates, (date) => {
        const whole = Math.floor(date.getTime() / 1000) * 1000
        expect(parseCookieDate(date.toUTCString())).toBe(whole)
      }),
    )
  })
})

describe('Max-Age', () => {
  it.each([
    ['60', 60],
    ['+60', 60],
    ['-1', -1],
    ['99999999999999999999', Infinity],
    ['-99999999999999999999', -Infinity],
  ])('%s', (text, seconds) => expect(parseMaxAge(text)).toBe(seconds))

  it.each(['', '60s', '1.5', '"60"', '1e3', '-'])('is none: "%s"', (text) => expect(parseMaxAge(text)).toBeNull())

  it('goes before Expires, unless it is none', () => {
    const expires = new Date(NOW + 2 * DAY_MS).toUTCString()
    expect(expiryOf({ maxAge: '60', expires }, NOW)).toBe(NOW + 60_000)
    expect(expiryOf({ maxAge: 'x', expires }, NOW)).toBe(NOW + 2 * DAY_MS)
    expect(expiryOf({ maxAge: null, expires: null }, NOW)).toBeNull()
  })

  it('never reaches over 400 days', () => {
    expect(expiryOf({ maxAge: '99999999', expires: null }, NOW)).toBe(NOW + 400 * DAY_MS)
  })

  it('Expires follows the clock of the server', () => {
    const expires = new Date(NOW + DAY_MS).toUTCString()
    expect(expiryOf({ maxAge: null, expires }, NOW, NOW + 3_600_000)).toBe(NOW + DAY_MS - 3_600_000)
  })
})
